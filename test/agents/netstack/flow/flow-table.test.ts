import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cidr, cidr6 } from '../../../../agents/netstack/cidr.ts';
import { ANY_RULE } from '../../../../agents/netstack/fib/routing-rule.ts';
import { parseEntries } from '../../../../agents/netstack/ipset/parse-entry.ts';
import { DEFAULT_OPTIONS } from '../../../../agents/netstack/ipset/set-options.ts';
import { SET_TYPES } from '../../../../agents/netstack/ipset/set-type.ts';
import { ipv4 } from '../../../../agents/netstack/ipv4.ts';
import { ipv6 } from '../../../../agents/netstack/ipv6.ts';
import { mac } from '../../../../agents/netstack/mac.ts';
import type { Netns } from '../../../../agents/netstack/netns.ts';
import { parseElementOptions } from '../../../../agents/shell/ipset-options.ts';
import { type Aberration, Conversation, OPTIONS, type OptionsChoice, RIGHT } from './conversation.ts';
import { FlowWorld, type FrameSpec, frameOf, type Port, replyTo } from './flow-world.ts';

const RUNS = Number(process.env.FLOW_RUNS ?? 200);
const SYN = 2;
const ACK = 16;

/** Who speaks to whom in the tests: through a Service, past it, on one node, to other nodes and from outside. */
const TALKS: readonly (readonly [Port, string, string, number])[] = [
  ['pod2', '10.244.1.2', '10.96.0.10', 80],
  ['pod3', '10.244.1.3', '10.96.0.10', 80],
  ['pod2', '10.244.1.2', '10.244.1.3', 8080],
  ['pod2', '10.244.1.2', '10.244.2.2', 8080],
  ['pod3', '10.244.1.3', '172.18.0.100', 53],
  ['pod3', '10.244.1.3', '203.0.113.7', 53],
  ['eth0', '172.18.0.100', '172.18.0.2', 30080],
  ['eth0', '172.18.0.100', '10.244.1.2', 8080],
  ['pod2', '10.244.1.2', '10.96.0.99', 443],
  ['pod2', 'fd00:10:244:1::2', 'fd00:10:96::a', 80],
  ['pod3', 'fd00:10:244:1::3', 'fd00:10:96::a', 80],
  ['pod2', 'fd00:10:244:1::2', 'fd00:10:244:1::3', 8080],
  ['pod2', 'fd00:10:244:1::2', 'fd00:10:244:2::2', 8080],
  ['pod3', 'fd00:10:244:1::3', 'fd00:172:18::64', 53],
  ['pod3', 'fd00:10:244:1::3', '2001:db8::7', 53],
  ['eth0', 'fd00:172:18::64', 'fd00:172:18::2', 30080],
  ['eth0', 'fd00:172:18::64', 'fd00:10:244:1::2', 8080],
];
/** Whose frames have the same words where only some are looked at: addresses that end alike, of either version. */
const LOOKALIKES: typeof TALKS = [
  ['pod2', '10.244.1.77', '10.96.0.10', 80],
  ['pod2', 'fd00:10:244:1::af4:14d', 'fd00:10:96::a60:a', 80],
  ['pod2', 'fd00:10:244:1::af4:14d', '2001:db8::a60:a', 80],
  ['pod2', 'fd00:10:244:9::af4:14d', 'fd00:10:96::a60:a', 80],
];
const EVERY_TALK = [...TALKS, ...LOOKALIKES];

const BALANCED = { protocol: 6, address: ipv4('10.96.0.99'), port: 443 };
const SERVERS = ['10.244.1.3', '10.244.2.2'];

/** Every kind of change that may make a packet fare otherwise than the one before it. */
const CHANGES: Readonly<Record<string, (world: FlowWorld) => void>> = {
  'drop to a pod': ({ ns }) => void ns.iptables.command(['-I', 'FORWARD', '-d', '10.244.1.3', '-j', 'DROP']),
  'drop no more': ({ ns }) => void ns.iptables.command(['-D', 'FORWARD', '-d', '10.244.1.3', '-j', 'DROP']),
  'drop to a pod, IPv6': ({ ns }) =>
    void ns.ip6tables.command(['-I', 'FORWARD', '-d', 'fd00:10:244:1::3', '-j', 'DROP']),
  'drop no more, IPv6': ({ ns }) =>
    void ns.ip6tables.command(['-D', 'FORWARD', '-d', 'fd00:10:244:1::3', '-j', 'DROP']),
  'every third, IPv6': ({ ns }) =>
    void ns.ip6tables.command('-I FORWARD -m statistic --mode nth --every 3 --packet 0 -j ACCEPT'.split(' ')),
  'not tracked, IPv6': ({ ns }) =>
    void ns.ip6tables.command('-t raw -A PREROUTING -d fd00:10:244:2::2 -j CT --notrack'.split(' ')),
  'route elsewhere, IPv6': ({ ns }) =>
    void ns.replaceRoute({ destination: cidr6('::/0'), gateway: ipv6('fd00:172:18::3') }),
  'a route with an MTU, IPv6': ({ ns }) =>
    void ns.replaceRoute({ destination: cidr6('::/0'), gateway: ipv6('fd00:172:18::64'), mtu: 1280 }),
  'neighbour moves, IPv6': ({ ns, cni0 }) =>
    ns.addNeighbour(cni0, ipv6('fd00:10:244:1::3'), mac('02:00:00:00:01:33')),
  'no forwarding, IPv6': ({ ns }) => ns.sysctl.set('net.ipv6.conf.all.forwarding', 0),
  'forwarding, IPv6': ({ ns }) => ns.sysctl.set('net.ipv6.conf.all.forwarding', 1),
  'bridge without hooks, IPv6': ({ ns }) => ns.sysctl.set('net.bridge.bridge-nf-call-ip6tables', 0),
  'match by flags': ({ ns }) =>
    void ns.iptables.command(['-I', 'FORWARD', '-p', 'tcp', '--tcp-flags', 'PSH', 'PSH', '-j', 'ACCEPT']),
  'every third': ({ ns }) =>
    void ns.iptables.command('-I FORWARD -m statistic --mode nth --every 3 --packet 0 -j ACCEPT'.split(' ')),
  'by length': ({ ns }) =>
    void ns.iptables.command('-I FORWARD -m length --length 0:100 -j ACCEPT'.split(' ')),
  'by TTL': ({ ns }) => void ns.iptables.command('-I FORWARD -m ttl --ttl-lt 10 -j ACCEPT'.split(' ')),
  'TTL set': ({ ns }) => void ns.iptables.command('-t mangle -A FORWARD -j TTL --ttl-set 63'.split(' ')),
  'class set': ({ ns }) =>
    void ns.iptables.command('-t mangle -A POSTROUTING -j DSCP --set-dscp-class cs0'.split(' ')),
  'hop limit lowered, IPv6': ({ ns }) =>
    void ns.ip6tables.command('-t mangle -A FORWARD -j HL --hl-dec 1'.split(' ')),
  'fields counted': ({ ns }) =>
    void ns.nftables.run(
      'table inet f { chain c { type filter hook forward priority 0; meta length > 100 counter; ip ttl 64 counter; tcp window > 500 counter; ct original ip saddr 10.244.1.2 counter; @th,0,16 > 5000 counter; }; }',
    ),
  'bits and flags counted': ({ ns }) =>
    void ns.nftables.run(
      'table ip g { chain c { type filter hook forward priority 0; tcp flags != ack counter; tcp flags ! psh counter; ct state != new counter; ct count over 1 counter; @nh,12,8 > 3 counter; }; }',
    ),
  'headers changed': ({ ns }) =>
    void ns.nftables.run(
      'table inet h { chain c { type filter hook forward priority 10; ip dscp set af11; ip6 hoplimit set 9; tcp window set 77; udp dport 8080 udp dport set 8081; }; }',
    ),
  'connections counted': ({ ns }) =>
    void ns.iptables.command('-I FORWARD -m connlimit --connlimit-above 1 --connlimit-mask 0'.split(' ')),
  'words compared': ({ ns }) =>
    void ns.iptables.command(['-I', 'FORWARD', '-m', 'u32', '--u32', '0x0&0xffff=0x0:0x64']),
  'a set counts': ({ ns }) => {
    if (ns.ipsets.place('hosts') === undefined) addHosts(ns);
    ns.iptables.command('-I FORWARD -m set --match-set hosts dst'.split(' '));
  },
  'a set forgets': ({ ns }) => {
    const place = ns.ipsets.place('hosts');
    if (place) ns.ipsets.flush(place);
  },
  'assured only': ({ ns }) =>
    void ns.iptables.command('-I FORWARD -m conntrack --ctstatus ASSURED -j ACCEPT'.split(' ')),
  'mark connections': ({ ns }) =>
    void ns.iptables.command('-t mangle -A PREROUTING -j CONNMARK --set-xmark 0x1/0x0'.split(' ')),
  'not tracked': ({ ns }) =>
    void ns.iptables.command('-t raw -A PREROUTING -d 10.244.2.2 -j CT --notrack'.split(' ')),
  'counters zeroed': ({ ns }) => void ns.iptables.command(['-Z']),
  'policy DROP': ({ ns }) => void ns.iptables.command(['-P', 'FORWARD', 'DROP']),
  'policy ACCEPT': ({ ns }) => void ns.iptables.command(['-P', 'FORWARD', 'ACCEPT']),
  'route elsewhere': ({ ns }) =>
    void ns.replaceRoute({ destination: cidr('0.0.0.0/0'), gateway: ipv4('172.18.0.3') }),
  'route back': ({ ns }) =>
    void ns.replaceRoute({ destination: cidr('0.0.0.0/0'), gateway: ipv4('172.18.0.100') }),
  'several next hops': ({ ns }) => {
    const nextHops = ['172.18.0.100', '172.18.0.3'].map((gateway) => ({ gateway: ipv4(gateway) }));
    ns.replaceRoute({ destination: cidr('0.0.0.0/0'), nextHops });
  },
  'next hops by ports': ({ ns }) => ns.sysctl.set('net.ipv4.fib_multipath_hash_policy', 1),
  'a rule by source': ({ ns }) => {
    ns.fib.rules.flush();
    ns.replaceRoute({ destination: cidr('0.0.0.0/0'), gateway: ipv4('172.18.0.3'), table: 100 });
    ns.fib.rules.add({ ...ANY_RULE, priority: 10, from: cidr('10.244.1.2/32'), table: 100 });
    ns.fib.rules.add({ ...ANY_RULE, priority: 32_766 });
  },
  'a rule by mark': ({ ns }) => {
    ns.fib.rules.flush();
    ns.fib.rules.add({ ...ANY_RULE, priority: 10, mark: 1, markMask: 1, action: 'prohibit' });
    ns.fib.rules.add({ ...ANY_RULE, priority: 32_766 });
  },
  'strict about the way back': ({ ns }) => ns.sysctl.set('net.ipv4.conf.all.rp_filter', 1),
  'a route with an MTU': ({ ns }) =>
    void ns.replaceRoute({ destination: cidr('0.0.0.0/0'), gateway: ipv4('172.18.0.100'), mtu: 600 }),
  'neighbour moves': ({ ns, cni0 }) => ns.addNeighbour(cni0, ipv4('10.244.1.3'), mac('02:00:00:00:01:33')),
  'neighbours forgotten': ({ ns }) => {
    for (const { link, address } of ns.neighbours.list()) ns.delNeighbour(link, address);
  },
  'no forwarding': ({ ns }) => ns.sysctl.set('net.ipv4.ip_forward', 0),
  forwarding: ({ ns }) => ns.sysctl.set('net.ipv4.ip_forward', 1),
  'bridge without hooks': ({ ns }) => ns.sysctl.set('net.bridge.bridge-nf-call-iptables', 0),
  'bridge with hooks': ({ ns }) => ns.sysctl.set('net.bridge.bridge-nf-call-iptables', 1),
  'short udp timeout': ({ ns }) => ns.sysctl.set('net.netfilter.nf_conntrack_udp_timeout', 1),
  'no hairpin': ({ cni0 }) => {
    for (const port of cni0.ports()) cni0.setPort(port, { hairpin: false });
  },
  'fdb forgotten': ({ cni0 }) => void cni0.fdb.delete(mac('02:00:00:00:01:03')),
  'small mtu': ({ devices }) => {
    devices.pod3.mtu = 500;
    devices.eth0.mtu = 600;
  },
  'large mtu': ({ devices }) => {
    devices.pod3.mtu = 1500;
    devices.eth0.mtu = 1500;
  },
  'link down': ({ devices }) => devices.pod3.setDown(),
  'link up': ({ devices }) => devices.pod3.setUp(),
  'another address': ({ devices }) => {
    devices.pod2.mac = mac('02:00:00:00:00:22');
  },
  'connections forgotten': ({ ns }) => void ns.conntrack.deleteWhere(() => true),
  'a virtual service': ({ ns }) => {
    ns.addAddress(ns.lo, { address: BALANCED.address, prefixLength: 32 });
    ns.sysctl.set('net.ipv4.vs.conntrack', 1);
    const settings = {
      scheduler: 'rr',
      persistentSeconds: 0,
      hashesPorts: false,
    } as const;
    for (const protocol of [6, 17]) {
      const service = { ...BALANCED, protocol };
      ns.ipvs.addService(service, settings);
      for (const server of SERVERS) ns.ipvs.addDestination(service, ipv4(server), 8080, 1);
    }
  },
  'its server goes': ({ ns }) => {
    const [service] = ns.ipvs.services();
    const [server] = service?.destinations ?? [];
    if (server) ns.ipvs.deleteDestination(service!, server.address, server.port);
  },
  'its servers take no more': ({ ns }) => {
    for (const service of ns.ipvs.services()) {
      for (const { address, port } of service.destinations)
        ns.ipvs.editDestination(service, address, port, 0);
    }
  },
  watched: ({ cni0 }) => void cni0.addTap(() => {}),
};

/** A set with counters whose elements stay for a second. */
function addHosts(ns: Netns): void {
  const type = SET_TYPES.find(({ name }) => name === 'hash:net')!;
  ns.ipsets.create('hosts', type, { ...DEFAULT_OPTIONS, timeout: 1, counters: true });
  const place = ns.ipsets.require('hosts');
  for (const entry of parseEntries(type, place.set.options, '10.244.0.0/16'))
    ns.ipsets.add(
      place,
      { entry, ...parseElementOptions(type, place.set.options, [], ns.softirq.now) },
      false,
    );
}

type Said = Pick<FrameSpec, 'flags' | 'payload' | 'ttl'> & { readonly odd: Aberration };
type Sent = Said & Pick<FrameSpec, 'protocol' | 'sourcePort' | 'dontFragment'>;

type Step =
  | { readonly kind: 'send'; readonly talk: number; readonly spec: Sent; readonly damage: number }
  /** The client of the last connection goes on. */
  | { readonly kind: 'more'; readonly spec: Said }
  /** Whoever got the last frame answers it. */
  | { readonly kind: 'reply'; readonly spec: Said }
  | { readonly kind: 'open'; readonly talk: number; readonly sourcePort: number }
  | { readonly kind: 'again' }
  | { readonly kind: 'change'; readonly name: string }
  | { readonly kind: 'wait'; readonly milliseconds: number };

const flags = fc.constantFrom(SYN, ACK, ACK, ACK, ACK | 8, ACK | SYN, ACK | 1, 4, 0);
const payload = fc.constantFrom(0, 1, 100, 100, 700, 1330);
const ttl = fc.constantFrom(64, 64, 64, 1, 2);
const offset = fc.constantFrom(0, 0, 0, 0, 0, 1, -1, 100, -100, 1001, -66_001, 2 ** 31, -(2 ** 30));
const odd: fc.Arbitrary<Aberration> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(RIGHT) },
  {
    weight: 1,
    arbitrary: fc.record({
      sequence: offset,
      acknowledgment: offset,
      window: fc.constantFrom(1000, 0, 1, 65_535),
      options: fc.constantFrom(...(Object.keys(OPTIONS) as OptionsChoice[])),
      isSent: fc.boolean(),
    }),
  },
);
const said = fc.record({ flags, payload, ttl, odd });
const talk = fc.nat(EVERY_TALK.length - 1);
const sourcePort = fc.constantFrom(4000, 4001);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      talk,
      spec: fc.record({
        protocol: fc.constantFrom('tcp' as const, 'udp' as const),
        sourcePort,
        flags,
        payload,
        ttl,
        odd,
        dontFragment: fc.boolean(),
      }),
      damage: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 24, 40, 50, 53, 60, 70),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('reply' as const), spec: said }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('more' as const), spec: said }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('open' as const), talk, sourcePort }) },
  { weight: 5, arbitrary: fc.constant({ kind: 'again' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      name: fc.constantFrom(...Object.keys(CHANGES)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      milliseconds: fc.constantFrom(1, 2500, 31_000, 301_000),
    }),
  },
);

/** Two equal worlds, one with the fast path; every step is done in both. */
class Pair {
  readonly fast = new FlowWorld();
  readonly slow = new FlowWorld({ enabled: false });
  #sent: [Port, Uint8Array][] = [];
  #last: { port: Port; frame: Uint8Array } | undefined;
  readonly #conversations = new Map<string, Conversation>();
  /** Of the last connection that a client spoke on. */
  #current: { conversation: Conversation; talk: number; spec: Sent } | undefined;
  /** Packets that went the fast way, by version of IP and protocol. */
  readonly hits = { 'IPv4 TCP': 0, 'IPv4 UDP': 0, 'IPv6 TCP': 0, 'IPv6 UDP': 0 };

  constructor() {
    for (const world of [this.fast, this.slow]) world.speakIpv6();
  }

  async do(step: Step): Promise<void> {
    const { fast, slow } = this;
    switch (step.kind) {
      case 'open':
        return this.#open(step.talk, step.sourcePort);
      case 'change':
        for (const world of [fast, slow]) {
          try {
            CHANGES[step.name]!(world);
          } catch (error) {
            expect((error as Error).name).toBe('NetError');
          }
        }
        break;
      case 'wait':
        for (const world of [fast, slow]) await world.clock.runUntil(() => false, step.milliseconds);
        break;
      default:
        for (const [port, frame] of this.#framesOf(step)) {
          const hits = fast.ns.flows.hits;
          for (const world of [fast, slow]) world.send(port, frame);
          this.hits[kindOf(frame)] += fast.ns.flows.hits - hits;
          this.#sent = [...this.#sent.slice(-3), [port, frame]];
        }
    }
    const left = await fast.take();
    expect(left.map(shown)).toEqual((await slow.take()).map(shown));
    this.#last = left.at(-1) ?? this.#last;
    expect(fast.state()).toEqual(slow.state());
  }

  async #open(talk: number, sourcePort: number): Promise<void> {
    const plain = { payload: 0, ttl: 64, odd: RIGHT };
    const spec: Sent = { ...plain, protocol: 'tcp', sourcePort, dontFragment: false, flags: SYN };
    await this.do({ kind: 'send', talk, spec, damage: 0 });
    await this.do({ kind: 'reply', spec: { ...plain, flags: SYN | ACK } });
    await this.do({ kind: 'more', spec: { ...plain, flags: ACK } });
  }

  #framesOf(step: Exclude<Step, { kind: 'change' | 'wait' | 'open' }>): [Port, Uint8Array][] {
    switch (step.kind) {
      case 'again':
        return this.#sent;
      case 'reply': {
        const { flags, payload, odd } = step.spec;
        const numbers = this.#current?.conversation.say('server', flags, payload, odd);
        const frame = this.#last && replyTo(this.#last.frame, { ...step.spec, ...(numbers && { numbers }) });
        return frame ? [[this.#last!.port, frame]] : [];
      }
      case 'more':
        return this.#current ? [this.#say(this.#current.talk, { ...this.#current.spec, ...step.spec })] : [];
      case 'send': {
        const [port, frame] = this.#say(step.talk, step.spec);
        if (step.damage > 0) frame[Math.min(step.damage, frame.length - 1)]! ^= 0x55;
        return [[port, frame]];
      }
    }
  }

  #say(talk: number, spec: Sent): [Port, Uint8Array] {
    const [port, source, destination, destinationPort] = EVERY_TALK[talk]!;
    const key = `${talk} ${spec.sourcePort}`;
    const conversation = this.#conversations.get(key) ?? new Conversation(0xffff_ff00, 0x7fff_ff00);
    this.#conversations.set(key, conversation);
    this.#current = { conversation, talk, spec };
    const numbers = conversation.say('client', spec.flags, spec.payload, spec.odd);
    return [port, frameOf(port, { ...spec, source, destination, destinationPort, numbers })];
  }

  close(): void {
    for (const { ns } of [this.fast, this.slow]) ns.delete();
  }
}

function kindOf(frame: Uint8Array): keyof Pair['hits'] {
  const version = frame[12] === 0x86 ? 'IPv6' : 'IPv4';
  return `${version} ${frame[version === 'IPv6' ? 20 : 23] === 6 ? 'TCP' : 'UDP'}`;
}

const DATAGRAM: Sent = {
  protocol: 'udp',
  sourcePort: 4000,
  flags: 0,
  payload: 10,
  ttl: 64,
  dontFragment: true,
  odd: RIGHT,
};

const shown = ({ port, frame }: { port: Port; frame: Uint8Array }): string =>
  `${port} ${Buffer.from(frame).toString('hex')}`;

it('does with every packet what the slow path does, whatever changes between them', {
  timeout: 300_000,
}, async () => {
  const hits: Pair['hits'] = { 'IPv4 TCP': 0, 'IPv4 UDP': 0, 'IPv6 TCP': 0, 'IPv6 UDP': 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const pair = new Pair();
      try {
        for (const each of steps) await pair.do(each);
        for (const [kind, count] of Object.entries(pair.hits)) hits[kind as keyof typeof hits] += count;
        expect(pair.slow.ns.flows.hits).toBe(0);
      } finally {
        pair.close();
      }
    }),
    { numRuns: RUNS },
  );
  for (const [kind, count] of Object.entries(hits)) expect(count, kind).toBeGreaterThan(RUNS / 8);
});

it('tells flows apart whose addresses end alike', async () => {
  const pair = new Pair();
  const spec = DATAGRAM;
  try {
    for (let round = 0; round < 3; round++) {
      for (const index of LOOKALIKES.keys()) {
        await pair.do({ kind: 'send', talk: TALKS.length + index, spec, damage: 0 });
        await pair.do({ kind: 'reply', spec });
        await pair.do({ kind: 'again' });
      }
    }
    expect(pair.hits['IPv4 UDP']).toBeGreaterThan(0);
    expect(pair.hits['IPv6 UDP']).toBeGreaterThan(0);
  } finally {
    pair.close();
  }
});

it.each([
  ['203.0.113.7', 'a route with an MTU'],
  ['2001:db8::7', 'a route with an MTU, IPv6'],
])('goes the slow way with what is too long for the way to %s', async (destination, change) => {
  const pair = new Pair();
  const outside = TALKS.findIndex((talk) => talk[2] === destination);
  const sent = async (payload: number): Promise<number> => {
    const before = pair.fast.ns.flows.hits;
    await pair.do({ kind: 'send', talk: outside, spec: { ...DATAGRAM, payload }, damage: 0 });
    return pair.fast.ns.flows.hits - before;
  };
  try {
    await pair.do({ kind: 'change', name: change });
    await sent(10);
    await pair.do({ kind: 'reply', spec: DATAGRAM });
    await sent(10);
    expect(await sent(10)).toBe(1);
    expect(await sent(1330)).toBe(0);
  } finally {
    pair.close();
  }
});

it('goes the slow way when the bridge has forgotten where a destination is, though its source still speaks', async () => {
  const pair = new Pair();
  const spec = DATAGRAM;
  const betweenPods = 2;
  const send = { kind: 'send', talk: betweenPods, spec, damage: 0 } as const;
  try {
    await pair.do(send);
    await pair.do({ kind: 'reply', spec });
    // The source keeps its own entry alive; its destination says nothing more.
    for (let i = 0; i < 40; i++) {
      await pair.do({ kind: 'wait', milliseconds: 10_000 });
      await pair.do(send);
    }
    expect(pair.fast.ns.flows.hits).toBeGreaterThan(20);
  } finally {
    pair.close();
  }
});
