import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import { differenceOf, expectSameState } from './judge.ts';
import { KernelNode, SENTINEL_PORT } from './kernel-node.ts';
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

const VERSIONS = {
  IPv4: {
    draw: drawOddFrames,
    family: 'ip',
    restore: 'iptables-restore',
    other: '10.244.1.3',
    hops: 'TTL --ttl',
    hopsField: 'ttl',
  },
  IPv6: {
    draw: drawOddFrames6,
    family: 'ip6',
    restore: 'ip6tables-restore',
    other: 'fd00:10:244:1::3',
    hops: 'HL --hl',
    hopsField: 'hoplimit',
  },
} as const;
type Version = keyof typeof VERSIONS;

const PRIORITIES: Readonly<Record<string, number>> = {
  prerouting: -100,
  output: -100,
  input: 100,
  postrouting: 100,
};
const NFTABLES = [
  {
    types: ['filter'],
    hooks: ['prerouting', 'input', 'forward', 'output'],
    statements: ['reject', 'reject with tcp reset'],
  },
  {
    types: ['filter'],
    hooks: ['input', 'forward'],
    statements: ['icmp host-unreachable', 'icmpv6 no-route', 'icmpx admin-prohibited'].map(
      (code) => `reject with ${code}`,
    ),
  },
  {
    types: ['filter'],
    hooks: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
    statements: ['drop', 'notrack', 'meta mark set 0x1', 'ct mark set 0x5', 'log'],
  },
  {
    types: ['filter'],
    hooks: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
    statements: [
      ...['HEADER dscp set cs3', 'HEADER ecn set ce', 'HEADER HOPS set 9'],
      ...['tcp window set 77', 'tcp dport set 8080', 'tcp flags set ack', 'meta mark set meta mark | 0x1'],
    ],
  },
  { types: ['route'], hooks: ['output'], statements: ['drop', 'meta mark set 0x1'] },
  { types: ['nat'], hooks: ['prerouting', 'output'], statements: ['dnat to OTHER', 'redirect', 'accept'] },
  { types: ['nat'], hooks: ['input', 'postrouting'], statements: ['snat to OTHER', 'drop'] },
  { types: ['nat'], hooks: ['postrouting'], statements: ['masquerade'] },
];
const IPTABLES = [
  { tables: ['raw'], chains: ['PREROUTING', 'OUTPUT'], targets: ['DROP', 'CT --notrack'] },
  {
    tables: ['mangle'],
    chains: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
    targets: ['DROP', 'MARK --set-xmark 0x1/0xffffffff', 'CONNMARK --set-xmark 0x3/0xffffffff'],
  },
  {
    tables: ['mangle'],
    chains: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
    targets: [
      'DSCP --set-dscp 0x2e',
      'TOS --set-tos 0x11/0x33',
      'HOPS-set 64',
      'HOPS-inc 200',
      'HOPS-dec 63',
      'TCPMSS --set-mss 500',
    ],
  },
  {
    tables: ['mangle'],
    chains: ['FORWARD', 'OUTPUT', 'POSTROUTING'],
    targets: ['TCPMSS --clamp-mss-to-pmtu'],
  },
  {
    tables: ['filter'],
    chains: ['INPUT', 'FORWARD', 'OUTPUT'],
    targets: ['DROP', 'REJECT', 'REJECT --reject-with tcp-reset', 'LOG'],
  },
  {
    tables: ['nat'],
    chains: ['PREROUTING', 'OUTPUT'],
    targets: ['DNAT --to-destination OTHER', 'REDIRECT', 'RETURN'],
  },
  { tables: ['nat'], chains: ['INPUT', 'POSTROUTING'], targets: ['SNAT --to-source OTHER'] },
  { tables: ['nat'], chains: ['POSTROUTING'], targets: ['MASQUERADE'] },
];

/**
 * What the comparison itself sends, and tunnels: what OUTPUT leads elsewhere may not fit there, and Linux cuts no
 * tunnel of IPv6.
 */
const OWN_PORTS = [SENTINEL_PORT, 8472];

function nftRules(version: Version, type: string, hook: string, statement: string): string {
  const { family, other, hopsField } = VERSIONS[version];
  const datagrams = `udp dport != { ${OWN_PORTS.join(', ')} }`;
  const others = isTakenForDamaged(version, hook, statement) ? [] : [datagrams];
  const ofWhat = statement.includes('tcp') ? ['meta l4proto tcp'] : [...others, 'meta l4proto != udp'];
  const words = statement.replace('OTHER', other).replace('HEADER', family).replace('HOPS', hopsField);
  const rules = ofWhat.map((what) => `${what} counter ${words}`);
  const priority = type === 'nat' ? PRIORITIES[hook] : 0;
  // Of which version they are tells packets apart where a table has both.
  const table = statement.includes('with icmp') ? 'inet' : family;
  return `table ${table} t {
  chain tracked { type filter hook prerouting priority -200; ct state new counter; }
  chain c { type ${type} hook ${hook} priority ${priority}; ${rules.join('; ')}; }
}
`;
}

/** Linux takes a datagram of IPv6 for damaged if its header was changed after tracking had summed it. */
function isTakenForDamaged(version: Version, chain: string, target: string): boolean {
  const isBeforeDelivery = /^(prerouting|input)$/i.test(chain);
  return version === 'IPv6' && isBeforeDelivery && /^(DSCP|TOS|HOPS|HEADER)/.test(target);
}

function iptablesRules(version: Version, table: string, chain: string, target: string): string {
  const datagrams = `-p udp -m multiport ! --dports ${OWN_PORTS.join(',')}`;
  const others = isTakenForDamaged(version, chain, target) ? ['! -p udp'] : [datagrams, '! -p udp'];
  const ofWhat = /tcp/i.test(target) ? ['-p tcp'] : others;
  const rules = ofWhat.map(
    (what) =>
      `-A ${chain} ${what} -j ${target.replace('OTHER', VERSIONS[version].other).replace('HOPS', VERSIONS[version].hops)}`,
  );
  const tracking = table === 'filter' ? '*mangle' : '*filter';
  return `${tracking}\n-A FORWARD -m conntrack --ctstate NEW\nCOMMIT\n*${table}\n${rules.join('\n')}\nCOMMIT\n`;
}

/** A fresh pair of nodes with the same rules, and what they make of the same frames. */
async function expectSame(version: Version, argv: readonly string[], text: string): Promise<void> {
  const sim = await SimNode.bare();
  try {
    await kernel.reset();
    kernel.exec(argv, text);
    await sim.exec(argv, text);
    const rng = seededRng(SEED);
    const draw = withoutStrayPieces(VERSIONS[version].draw);
    const differences: string[] = [];
    for (let i = 0; i < CASES; i++) {
      const { what, port, frames } = draw(rng, i);
      const difference = await differenceOf(kernel, sim, port, frames);
      if (difference) differences.push(`${i} ${what}\n${difference}`);
    }
    expect(differences, text).toEqual([]);
    await expectSameState(kernel, sim);
  } finally {
    sim.close();
  }
}

const bothVersions = <T extends readonly string[]>(cases: T[]): (readonly [Version, ...T])[] =>
  (['IPv4', 'IPv6'] as const).flatMap((version) => cases.map((each) => [version, ...each] as const));

it.each(
  bothVersions(
    NFTABLES.flatMap(({ types, hooks, statements }) =>
      types.flatMap((type) =>
        hooks.flatMap((hook) =>
          statements.map((statement) => [type, hook, statement] as [string, string, string]),
        ),
      ),
    ),
  ),
)('does over %s what Linux does: chain of type %s at %s, %s', async (version, type, hook, statement) => {
  await expectSame(version, ['nft', '-f', '-'], nftRules(version, type, hook, statement));
});

it.each(
  bothVersions(
    IPTABLES.flatMap(({ tables, chains, targets }) =>
      tables.flatMap((table) =>
        chains.flatMap((chain) =>
          targets.map((target) => [table, chain, target] as [string, string, string]),
        ),
      ),
    ),
  ),
)('does over %s what Linux does: table %s, %s, %s', async (version, table, chain, target) => {
  await expectSame(version, [VERSIONS[version].restore], iptablesRules(version, table, chain, target));
});
