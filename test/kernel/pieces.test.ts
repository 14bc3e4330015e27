import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FrameSpec, frameOf } from '../agents/netstack/flow/flow-world.ts';
import { differenceOf, expectSameState } from './judge.ts';
import { KernelNode } from './kernel-node.ts';
import { SimNode } from './sim-node.ts';
import { IPV4_FRAMES, IPV6_FRAMES } from './version-frames.ts';

let kernel: KernelNode;
beforeAll(async () => {
  kernel = await KernelNode.start();
});
afterAll(() => kernel?.close());

const VERSIONS = {
  IPv4: { frames: IPV4_FRAMES, family: 'ip', from: '10.244.1.2', node: '10.244.1.1', pod: '10.244.1.3' },
  IPv6: {
    frames: IPV6_FRAMES,
    family: 'ip6',
    from: 'fd00:10:244:1::2',
    node: 'fd00:10:244:1::1',
    pod: 'fd00:10:244:1::3',
  },
} as const;
type Version = keyof typeof VERSIONS;

/** Pieces that end near the bridge's MTU of 1450 and its ports' of 1500, by their length without headers. */
const CUTS = [1384, 1392, 1400, 1408, 1424, 1432, 1440, 1448];

/** What conntrack puts together a bridge takes apart again, with rules that look at it or lead it to another port. */
it.each([
  ['IPv4', 'as they came'],
  ['IPv4', 'tracked'],
  ['IPv4', 'redirected'],
  ['IPv6', 'as they came'],
  ['IPv6', 'tracked'],
  ['IPv6', 'redirected'],
] as const)('passes pieces of %s between pods as Linux does: %s', async (version, how) => {
  const { frames, from, node, pod } = VERSIONS[version];
  const sim = await SimNode.bare();
  try {
    await kernel.reset();
    const rules = rulesOf(version)[how];
    kernel.exec(['nft', '-f', '-'], rules);
    await sim.exec(['nft', '-f', '-'], rules);
    for (const cut of CUTS) {
      const spec: FrameSpec = {
        protocol: 'udp',
        source: from,
        destination: how === 'redirected' ? node : pod,
        sourcePort: 10_000 + cut,
        destinationPort: 80,
        flags: 0,
        ttl: 64,
        payload: 1600,
        dontFragment: false,
      };
      const pieces = frames.fragments(frameOf('pod2', spec), cut);
      expect(await differenceOf(kernel, sim, 'pod2', pieces), `cut at ${cut}`).toBeUndefined();
    }
    await expectSameState(kernel, sim);
  } finally {
    sim.close();
  }
});

function rulesOf(version: Version): Record<'as they came' | 'tracked' | 'redirected', string> {
  const { family, node, pod } = VERSIONS[version];
  const table = (chain: string): string => `table ${family} t {\n  chain c {\n    ${chain}\n  }\n}\n`;
  return {
    'as they came': '',
    tracked: table('type filter hook forward priority 0; ct state new counter'),
    redirected: table(
      `type nat hook prerouting priority -100; ${family} daddr ${node} udp dport 80 dnat to ${pod}`,
    ),
  };
}
