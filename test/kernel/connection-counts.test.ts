import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import { type FrameSpec, frameOf, type Port } from '../agents/netstack/flow/flow-world.ts';
import { differenceOf, expectSameRules } from './judge.ts';
import { KernelNode } from './kernel-node.ts';
import { CASES, SEED } from './seed.ts';
import { SimNode } from './sim-node.ts';

let kernel: KernelNode;
beforeAll(async () => {
  kernel = await KernelNode.start();
});
afterAll(() => kernel?.close());

const ENDS = {
  IPv4: {
    family: 'ip',
    program: 'iptables',
    masks: [0, 24, 32],
    hosts: [
      ['pod2', '10.244.1.2'],
      ['pod3', '10.244.1.3'],
      ['eth0', '172.18.0.3'],
    ],
  },
  IPv6: {
    family: 'ip6',
    program: 'ip6tables',
    masks: [0, 64, 128],
    hosts: [
      ['pod2', 'fd00:10:244:1::2'],
      ['pod3', 'fd00:10:244:1::3'],
      ['eth0', 'fd00:172:18::3'],
    ],
  },
} as const;

const SYN = 2;
/** They do nothing but count what they hold of; what the comparison itself sends goes through in any order. */
const rules = (masks: readonly number[]): string =>
  ['above', 'upto']
    .flatMap((comparison) => masks.map((mask) => `--connlimit-${comparison} 3 --connlimit-mask ${mask}`))
    .flatMap((match) => [match, `${match} --connlimit-daddr`])
    .map((match) => `-A FORWARD -p tcp -m connlimit ${match}\n`)
    .join('');

/**
 * All connections stay: Linux forgets those that have ended at the next look, but at most once in a tick of its clock.
 */
it.each(['IPv4', 'IPv6'] as const)('counts connections of %s as Linux does', async (version) => {
  const { family, program, masks, hosts } = ENDS[version];
  const sim = await SimNode.bare();
  try {
    await kernel.reset();
    const text = `*filter\n${rules(masks)}COMMIT\n`;
    const table = `table ${family} counts {
  chain forward {
    type filter hook forward priority filter; policy accept;
    meta l4proto tcp ct count over 3 counter
    meta l4proto tcp ct count 5 counter
    tcp dport 80 ct count over 1 counter
  }
}
`;
    for (const node of [kernel, sim]) {
      await node.exec([`${program}-restore`], text);
      await node.exec(['nft', '-f', '-'], table);
    }
    const rng = seededRng(SEED);
    for (let i = 0; i < CASES; i++) {
      const [port, source] = hosts[rng.int(hosts.length)]!;
      const others = hosts.filter(([other]) => other !== port);
      const [, destination] = others[rng.int(others.length)]!;
      const frame = synOf(port, {
        source,
        destination,
        sourcePort: 4000 + rng.int(6),
        destinationPort: 80 + rng.int(2),
      });
      expect(await differenceOf(kernel, sim, port, [frame])).toBeUndefined();
    }
    await expectSameRules(kernel, sim);
    const list = ['nft', 'list', 'table', family, 'counts'];
    expect(await sim.exec(list)).toBe(kernel.exec(list));
  } finally {
    sim.close();
  }
});

type Ends = Pick<FrameSpec, 'source' | 'destination' | 'sourcePort' | 'destinationPort'>;

function synOf(port: Port, ends: Ends): Uint8Array {
  return frameOf(port, { ...ends, protocol: 'tcp', flags: SYN, ttl: 64, payload: 0, dontFragment: true });
}
