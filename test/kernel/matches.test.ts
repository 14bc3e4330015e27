import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import { HAS_ACCOUNTS } from './has-accounts.ts';
import { differenceOf, expectSameRules, savedRules } from './judge.ts';
import { KernelNode } from './kernel-node.ts';
import { drawOddFrames } from './odd-frames.ts';
import { drawOddFrames6 } from './odd-frames6.ts';
import { CASES, SEED } from './seed.ts';
import { SimNode } from './sim-node.ts';
import { withoutStrayPieces } from './stray-piece.ts';

let kernel: KernelNode;
beforeAll(async () => {
  kernel = await KernelNode.start();
});
afterAll(() => kernel?.close());

/** They do nothing but count, so that each sees every packet. */
const EARLY = [
  '-m rpfilter',
  '-m rpfilter --invert',
  '-m rpfilter --loose',
  '-m rpfilter --accept-local',
  '-m rpfilter --loose --accept-local',
  '-i cni0 -m rpfilter --validmark --invert',
  '-m addrtype --src-type LOCAL',
  '-m addrtype --dst-type LOCAL',
  '-m addrtype --dst-type MULTICAST',
  '-m addrtype ! --src-type UNICAST',
  '-m addrtype --dst-type LOCAL --limit-iface-in',
  '-p tcp',
  '-p tcp --syn',
  '-p tcp --tcp-flags FIN,SYN,RST,ACK SYN,ACK',
  '-p tcp --dport 80:8080',
  '-p tcp ! --sport 1024:65535',
  '-p udp --dport 53',
  '-p udp -m multiport --dports 53,80,8000:9000',
  '-p tcp -m multiport ! --ports 80,1234',
  '-m mac --mac-source 02:00:00:00:01:02',
  '-m mark --mark 0x0/0xffff',
  '-m length --length 0:100',
  '-m length ! --length 60:1400',
  '-m dscp --dscp 0x00',
  '-m tos ! --tos 0x00/0xff',
  '-m tos --tos 0x01/0x03',
  '-m pkttype --pkt-type unicast',
  '-m pkttype ! --pkt-type broadcast',
  '-m pkttype --pkt-type multicast',
  '-m u32 --u32 "0x0>>0x1c=0x4,0x6"',
  '-m u32 --u32 "0x0>>0x16&0x3c@0x0>>0x10=0x0:0x50&&0x4=0x0:0x7fffffff"',
  '-m u32 ! --u32 "0x8&0xff<<0x10@0x40=0x0"',
  '-m nfacct --nfacct-name all',
  '-p udp -m nfacct --nfacct-name udp -m udp --dport 53',
];
const LATE = [
  '-m conntrack --ctstate NEW',
  '-m conntrack --ctstate INVALID',
  '-m conntrack ! --ctstate NEW,ESTABLISHED',
  '-m conntrack --ctstate UNTRACKED',
  '-m conntrack --ctstatus NONE',
  '-m conntrack --ctproto udp',
  '-m conntrack --ctorigdstport 80',
  '-m conntrack --ctdir REPLY',
  '-m physdev --physdev-in pod2',
  '-m physdev --physdev-is-bridged',
  '-m connmark --mark 0x0',
  '-m conntrack --ctstate INVALID -m nfacct --nfacct-name invalid',
];
const VERSIONS = {
  IPv4: {
    program: 'iptables',
    draw: drawOddFrames,
    early: [
      '-f',
      '-p icmp --icmp-type echo-request',
      '-p icmp --icmp-type any',
      '-s 10.244.0.0/16',
      '-m addrtype --src-type UNSPEC',
      '-m ttl --ttl-eq 64',
      '-m ttl --ttl-lt 2',
      '-m ttl --ttl-gt 1',
      '-m iprange --src-range 10.244.1.2-10.244.1.3',
      '-m iprange ! --dst-range 10.0.0.0-172.18.0.2',
    ],
    late: ['-m conntrack --ctorigsrc 10.244.1.0/24', '-p icmp --icmp-type 3/4'],
  },
  IPv6: {
    program: 'ip6tables',
    draw: drawOddFrames6,
    early: [
      '-p ipv6-icmp -m icmp6 --icmpv6-type echo-request',
      '-s fd00:10:244::/56',
      '-d fe80::/10',
      '-m hl --hl-eq 64',
      '-m hl --hl-lt 2',
      '-m iprange --src-range fd00:10:244:1::2-fd00:10:244:1::3',
      '-m iprange ! --dst-range fd00::-fd00:172:18::2',
    ],
    late: [
      '-m conntrack --ctorigsrc fd00:10:244:1::/64',
      '-p ipv6-icmp -m icmp6 --icmpv6-type packet-too-big',
    ],
  },
} as const;

function counting(chain: string, rules: readonly string[]): string {
  const known = rules.filter((rule) => HAS_ACCOUNTS || !rule.includes('nfacct'));
  return known.map((rule) => `-A ${chain} ${rule}\n`).join('');
}

it.each(['IPv4', 'IPv6'] as const)(
  'counts what Linux counts of odd frames of %s, match by match',
  async (version) => {
    const { program, draw, early, late } = VERSIONS[version];
    const sim = await SimNode.bare();
    try {
      await kernel.reset();
      const text = `*raw\n${counting('PREROUTING', [...EARLY, ...early])}COMMIT
*mangle
${counting('INPUT', [...LATE, ...late])}${counting('FORWARD', [...LATE, ...late])}COMMIT
`;
      for (const account of ['all', 'udp', 'invalid']) await sim.exec(['nfacct', 'add', account]);
      await kernel.loadAccounts(sim);
      expect(await sim.exec([`${program}-restore`], text)).toBe('');
      kernel.exec([`${program}-restore`], text);
      const save = [`${program}-save`];
      expect(savedRules(kernel.exec(save))).toEqual(savedRules(await sim.exec(save)));
      expect(await differencesOf(sim, draw)).toEqual([]);
      await expectSameRules(kernel, sim);
    } finally {
      sim.close();
    }
  },
);

/** Expressions of nftables, each in a rule that counts. */
const NFT = {
  early: [
    'meta l4proto tcp',
    'meta l4proto { tcp, udp }',
    'tcp dport 80',
    'tcp dport != 80',
    'tcp flags & (fin | syn | rst | ack) == syn',
    'tcp flags == syn',
    'tcp flags != syn',
    'tcp flags ! syn,fin',
    'tcp flags & (syn | ack) != 0',
    'tcp flags != syn / syn,ack',
    'tcp flags & syn == syn',
    'tcp flags { syn, ack }',
    'meta mark ^ 0x1 == 0x1',
    'meta mark & 0xff | 0x3 == 0x3',
    'meta length & 0xf0 == 0x20',
    'udp sport 1024-65535',
    'th dport { 53, 80, 8000-9000 }',
    'iifname "cni0"',
    'iifname != { "cni0", "lo" }',
    'meta mark 0x00000000',
    'meta length > 100',
    'meta length 60-1000',
    'meta pkttype host',
    'meta pkttype { broadcast, multicast, other }',
    'tcp sequence > 1000',
    'tcp ackseq 0',
    'tcp doff 5',
    'tcp doff > 5',
    'tcp window 0-1000',
    'tcp checksum 0',
    'tcp urgptr 0',
    'udp length > 8',
    'udp checksum 0',
    'sctp dport 1024-65535',
    'sctp vtag 0',
    '@th,0,8 > 0x7f',
    '@th,160,8 < 0x80',
    '@th,64,24 > 0x100000',
    '@nh,320,16 > 0x7fff',
    'fib saddr type local',
    'fib daddr type local',
    'fib daddr type multicast',
    'fib daddr type { unicast, broadcast }',
    'fib daddr type { unspec, anycast }',
    'fib daddr type { blackhole, unreachable, prohibit }',
    'fib daddr . iif type local',
    'fib saddr . iif type != unicast',
    'fib saddr . iif oif missing',
    'fib saddr . mark . iif oif 0',
    'fib saddr oif exists',
    'fib daddr oif "cni0"',
    'fib daddr oifname "e*"',
    'fib daddr . iif oifname != "cni0"',
  ],
  late: [
    'ct state new',
    'ct state { invalid, established }',
    'ct state != new',
    'ct state != established,related',
    'ct state ! new,related',
    'ct state & (new | established) == new',
    'ct status dnat',
    'ct direction original',
    'ct direction != original',
    'ct protocol tcp',
    'ct protocol != { tcp, udp }',
    'fib saddr . iif oif 0',
    'fib daddr oif != 0',
    'fib daddr . iif type local',
    'ct mark 0x00000000',
  ],
  IPv4: {
    early: [
      'ip protocol icmp',
      'icmp type echo-request',
      'ip saddr 10.244.0.0/16',
      'ip daddr { 10.96.0.10, 10.244.1.0/24, 172.18.0.2 }',
      'ip saddr . tcp dport { 10.244.1.2 . 80, 172.18.0.3 . 8080 }',
      'ip ttl < 2',
      'ip dscp cs0',
      'ip dscp != cs0',
      'ip ecn ce',
      'ip hdrlength 5',
      'ip hdrlength > 5',
      'ip id > 32767',
      'ip frag-off & 8191 != 0',
      'ip checksum > 32767',
      'ip length < 60',
      'icmp code net-unreachable',
      'icmp checksum 0-32767',
    ],
    late: [
      'ct l3proto ipv4',
      'ct original ip saddr 10.244.1.2',
      'ct reply ip saddr { 10.244.1.0/24, 172.18.0.2 }',
      'meta l4proto udp ct original proto-dst 80',
      'meta l4proto tcp ct reply proto-dst 1024-65535',
    ],
  },
  IPv6: {
    early: [
      'ip6 nexthdr udp',
      'icmpv6 type echo-request',
      'ip6 saddr fd00:10:244::/56',
      'ip6 daddr { fd00:10:96::a, fd00:10:244:1::/64 }',
      'ip6 hoplimit < 2',
      'ip6 dscp cs0',
      'ip6 ecn ce',
      'ip6 flowlabel 0',
      'ip6 length < 60',
      'icmpv6 code no-route',
      'icmpv6 checksum 0-32767',
      '@nh,64,32 > 0xfd000000',
    ],
    late: [
      'ct l3proto ipv6',
      'ct original ip6 saddr fd00:10:244:1::2',
      'ct reply ip6 saddr fd00:10:244:1::/64',
    ],
  },
} as const;

function nftTable(family: string, early: readonly string[], late: readonly string[]): string {
  const chain = (hook: string, priority: string, rules: readonly string[]): string =>
    `  chain ${hook} {\n    type filter hook ${hook} priority ${priority}; policy accept;\n${rules
      .map((rule) => `    ${rule} counter\n`)
      .join('')}  }\n`;
  return `table ${family} matches {
${chain('prerouting', 'raw', early)}${chain('input', 'mangle', late)}${chain('forward', 'mangle', late)}}
`;
}

/** Where a table has both versions, what is said of one leaves the other alone. */
const NFT_BOTH = {
  early: [
    'meta nfproto ipv4',
    'ip protocol tcp tcp dport 80',
    'ip6 nexthdr udp udp sport 1024-65535',
    'icmp type echo-request',
    'icmpv6 type echo-request',
    'ip saddr . tcp dport { 10.244.1.2 . 80, 172.18.0.2 . 80 }',
    'ip6 saddr fd00:10:244::/56 meta l4proto udp',
    'meta protocol ip6',
    'tcp dport 80',
  ],
  late: ['ct original ip saddr 10.244.1.2', 'ct original ip6 saddr fd00:10:244:1::2', 'ct l3proto ipv6'],
};

it.each([
  ['IPv4', 'ip', NFT.IPv4],
  ['IPv6', 'ip6', NFT.IPv6],
  ['IPv4', 'inet', NFT_BOTH],
  ['IPv6', 'inet', NFT_BOTH],
] as const)(
  'counts what Linux counts of odd frames of %s, expression by expression in a table %s',
  async (version, family, { early, late }) => {
    const sim = await SimNode.bare();
    try {
      await kernel.reset();
      const text = nftTable(family, [...NFT.early, ...early], [...NFT.late, ...late]);
      await sim.exec(['nft', '-f', '-'], text);
      kernel.exec(['nft', '-f', '-'], text);
      expect(await differencesOf(sim, withoutWideGroups(withoutStrayPieces(VERSIONS[version].draw)))).toEqual(
        [],
      );
      const list = ['nft', 'list', 'table', family, 'matches'];
      expect((await sim.exec(list)).split('\n')).toEqual(kernel.exec(list).split('\n'));
    } finally {
      sim.close();
    }
  },
);

/** Without groups wider than a link, whose route in Linux is that of the device that was ready first. */
function withoutWideGroups(draw: typeof drawOddFrames): typeof drawOddFrames {
  return (rng, i) => {
    const drawn = draw(rng, i);
    return { ...drawn, frames: drawn.frames.filter((frame) => !isOfWideGroup(frame)) };
  };
}

const ETHERNET = 14;

function isOfWideGroup(frame: Uint8Array): boolean {
  const header = frame.subarray(ETHERNET);
  if (header[0]! >>> 4 !== 6) return false;
  return [8, 24].some((address) => header[address] === 0xff && header[address + 1] !== 0x02);
}

async function differencesOf(sim: SimNode, draw: typeof drawOddFrames): Promise<string[]> {
  const rng = seededRng(SEED);
  const differences: string[] = [];
  for (let i = 0; i < 10 * CASES; i++) {
    const { what, port, frames } = draw(rng, i);
    const difference = await differenceOf(kernel, sim, port, frames);
    if (difference) differences.push(`${i} ${what}\n${difference}`);
  }
  return differences;
}
