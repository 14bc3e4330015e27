import { describe, expect, it } from 'vitest';
import { nameSuffix, seededRng, uuid } from '../../platform/rng.ts';

describe('seededRng', () => {
  it('repeats itself for one seed and differs for another', () => {
    const draw = (seed: number) => Array.from({ length: 20 }, seededRng(seed).float);
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('spreads evenly enough to balance connections', () => {
    const rng = seededRng(1);
    const counts = [0, 0, 0];
    for (let index = 0; index < 9000; index++) counts[rng.int(3)]!++;
    for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(200);
  });
});

describe('names', () => {
  it('makes version 4 UUIDs', () => {
    expect(uuid(seededRng(1))).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('makes suffixes without vowels', () => {
    expect(nameSuffix(seededRng(2), 100)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{100}$/);
  });
});
