import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cidr } from '../../../../agents/netstack/cidr.ts';
import { ANY_RULE } from '../../../../agents/netstack/fib/routing-rule.ts';
import { ipv4 } from '../../../../agents/netstack/ipv4.ts';
import { mac } from '../../../../agents/netstack/mac.ts';
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
  ['eth0', '172.18.0.100', '172.18.0.2', 30080],
  ['eth0', '172.18.0.100', '10.244.1.2', 8080],
  ['pod2', '10.244.1.2', '10.96.0.99', 443],
];

const BALANCED = { protocol: 6, address: ipv4('10.96.0.99'), port: 443 };
const SERVERS = ['10.244.1.3', '10.244.2.2'];

/** Every kind of change that may make a packet fare otherwise than the one before it. */
const CHANGES: Readonly<Record<string, (world: FlowWorld) => void>> = {
  'drop to a pod': ({ ns }) => void ns.iptables.command(['-I', 'FORWARD', '-d', '10.244.1.3', '-j', 'DROP']),
  'drop no more': ({ ns }) => void ns.iptables.command(['-D', 'FORWARD', '-d', '10.244.1.3', '-j', 'DROP']),
  'match by flags': ({ ns }) =>
    void ns.iptables.command(['-I', 'FORWARD', '-p', 'tcp', '--tcp-flags', 'PSH', 'PSH', '-j', 'ACCEPT']),
  'every third': ({ ns }) =>
    void ns.iptables.command('-I FORWARD -m statistic --mode nth --every 3 --packet 0 -j ACCEPT'.split(' ')),
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
const payload = fc.constantFrom(0, 1, 100, 100, 700);
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
const talk = fc.nat(TALKS.length - 1);
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
      damage: fc.constantFrom(0, 0, 0, 0, 0, 0, 24, 40, 50, 53),
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
  /** Segments that went the fast way. */
  tcpHits = 0;

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
          if (frame[23] === 6) this.tcpHits += fast.ns.flows.hits - hits;
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
    const [port, source, destination, destinationPort] = TALKS[talk]!;
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

const shown = ({ port, frame }: { port: Port; frame: Uint8Array }): string =>
  `${port} ${Buffer.from(frame).toString('hex')}`;

it('does with every packet what the slow path does, whatever changes between them', {
  timeout: 300_000,
}, async () => {
  let hits = 0;
  let tcpHits = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const pair = new Pair();
      try {
        for (const each of steps) await pair.do(each);
        hits += pair.fast.ns.flows.hits;
        tcpHits += pair.tcpHits;
        expect(pair.slow.ns.flows.hits).toBe(0);
      } finally {
        pair.close();
      }
    }),
    { numRuns: RUNS },
  );
  expect(hits).toBeGreaterThan(RUNS);
  expect(tcpHits).toBeGreaterThan(RUNS / 4);
});

it('goes the slow way when the bridge has forgotten where a destination is, though its source still speaks', async () => {
  const pair = new Pair();
  const spec: Sent = {
    protocol: 'udp',
    sourcePort: 4000,
    flags: 0,
    payload: 10,
    ttl: 64,
    dontFragment: false,
    odd: RIGHT,
  };
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
