import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import { differenceOf, expectSameState, JUDGED_MODES } from './judge.ts';
import { KernelNode } from './kernel-node.ts';
import { drawOddFrames } from './odd-frames.ts';
import { drawOddFrames6 } from './odd-frames6.ts';
import { CASES, SEED } from './seed.ts';
import { SimNode } from './sim-node.ts';

let kernel: KernelNode;
beforeAll(async () => {
  kernel = await KernelNode.start();
});
afterAll(() => kernel?.close());

const DRAWERS = { IPv4: drawOddFrames, IPv6: drawOddFrames6 };
const RUNS = (['no', ...JUDGED_MODES] as const).flatMap((mode) =>
  (['IPv4', 'IPv6'] as const).map((family) => [family, mode] as const),
);

it.each(RUNS)('does with odd frames of %s what Linux does: %s rules', async (family, mode) => {
  const sim = mode === 'no' ? await SimNode.bare() : await SimNode.start(mode, []);
  try {
    if (mode === 'no') await kernel.reset();
    else await kernel.load(mode, sim);
    const rng = seededRng(SEED);
    const differences: string[] = [];
    for (let i = 0; i < 10 * CASES; i++) {
      const { what, port, frames } = DRAWERS[family](rng, i);
      const difference = await differenceOf(kernel, sim, port, frames);
      if (difference) differences.push(`${i} ${what}\n${difference}`);
    }
    expect(differences).toEqual([]);
    await expectSameState(kernel, sim);
  } finally {
    sim.close();
  }
});
