import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Rng, seededRng } from '../../platform/rng.ts';
import { differenceOf, differenceOfConnections, expectSameRules } from './judge.ts';
import { KernelNode } from './kernel-node.ts';
import { drawSctpTalk } from './sctp-talk.ts';
import { CASES, SEED } from './seed.ts';
import { SimNode } from './sim-node.ts';
import type { TalkStep } from './talk-step.ts';
import { drawTcpTalk } from './tcp-talk.ts';

/** What tracking thinks of each packet shows in its fate and in who counted it. */
const rulesAfter = (first: string): string => `*filter
${first}-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A FORWARD -m conntrack --ctstate NEW -j ACCEPT
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
COMMIT
`;
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  'as it comes': [],
  'as it comes, at length': [],
  liberal: ['tcp_be_liberal=1'],
  strict: ['tcp_loose=0'],
  'believing resets': ['tcp_ignore_invalid_rst=1'],
  'few retransmissions': [
    'tcp_max_retrans=1',
    'tcp_timeout_max_retrans=200',
    'tcp_timeout_unacknowledged=250',
  ],
};
const DEFAULTS = [
  ...['tcp_be_liberal=0', 'tcp_loose=1', 'tcp_ignore_invalid_rst=0', 'tcp_max_retrans=3'],
  ...['tcp_timeout_max_retrans=300', 'tcp_timeout_unacknowledged=300'],
];

let kernel: KernelNode;
beforeAll(async () => {
  kernel = await KernelNode.start();
});
afterAll(() => kernel?.close());

it.each(Object.keys(SETTINGS))('follows TCP connections as Linux does: %s', async (name) => {
  const rng = seededRng(SEED ^ name.length);
  await play({ settings: SETTINGS[name]!, protocol: 'tcp', rng, draw: drawTcpTalk });
});

it('ends TCP connections that a rule resets as Linux does', async () => {
  const rules = '-A FORWARD -p tcp -m tcp --tcp-flags PSH PSH -j REJECT --reject-with tcp-reset\n';
  await play({ rules, protocol: 'tcp', rng: seededRng(SEED), draw: drawTcpTalk });
});

it('makes the sizes of TCP segments smaller as Linux does', async () => {
  const rules = `COMMIT
*mangle
-A FORWARD -p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 500
-A POSTROUTING -p tcp -j TCPMSS --clamp-mss-to-pmtu
COMMIT
*filter
`;
  await play({ rules, protocol: 'tcp', rng: seededRng(SEED), draw: drawTcpTalk });
});

it('follows SCTP associations as Linux does', async () => {
  await play({ protocol: 'sctp', rng: seededRng(SEED), draw: drawSctpTalk });
});

interface Play {
  readonly settings?: readonly string[];
  /** Before those that count. */
  readonly rules?: string;
  readonly protocol: string;
  readonly rng: Rng;
  readonly draw: (rng: Rng, sourcePort: number) => readonly TalkStep[];
}

async function play({ settings = [], rules = '', protocol, rng, draw }: Play): Promise<void> {
  const sim = await SimNode.bare();
  try {
    sim.world.ns.iptables.restore(rulesAfter(rules));
    await kernel.load('iptables', sim);
    for (const setting of [...DEFAULTS, ...settings]) {
      const sysctl = ['sysctl', '-qw', `net.netfilter.nf_conntrack_${setting}`];
      kernel.exec(sysctl);
      await sim.exec(sysctl);
    }
    const differences: string[] = [];
    for (let i = 0; i < CASES; i++) {
      const difference = await playTalk(sim, protocol, 10_000 + i, draw(rng, 10_000 + i));
      if (difference) differences.push(`case ${i}: ${difference}`);
    }
    expect(differences).toEqual([]);
    await expectSameRules(kernel, sim);
  } finally {
    sim.close();
  }
}

/** The first difference with all that led to it. */
async function playTalk(
  sim: SimNode,
  protocol: string,
  sourcePort: number,
  steps: readonly TalkStep[],
): Promise<string | undefined> {
  const told: string[] = [];
  for (const { what, port, frame } of steps) {
    told.push(what);
    const difference =
      (await differenceOf(kernel, sim, port, [frame])) ??
      (told.length === steps.length
        ? await differenceOfConnections(kernel, sim, ['-p', protocol, '--sport', String(sourcePort)])
        : undefined);
    if (difference) return `${told.join('\n')}\n${difference}`;
  }
  return undefined;
}
