import type { Rng } from '../../platform/rng.ts';
import { type Aberration, OPTIONS, type OptionsChoice, RIGHT } from '../agents/netstack/flow/conversation.ts';

/** Where a count begins; some are about to wrap. */
export const drawStart = (rng: Rng): number =>
  [rng.int(2 ** 31) * 2, 0xffff_fff0, 0x7fff_fff0, 0, 0xffff_0000][rng.int(5)]!;

const OFFSETS = [
  ...[-1, 1, 8, -8, 100, -100, 999, 1000, 1001, -1000, -1001, 65_535, -65_535, -65_999, -66_000, -66_001],
  ...[-66_002, 66_001, 100_000, -100_000, 2 ** 31, 2 ** 31 - 1, 2 ** 30, -(2 ** 30)],
];
const WINDOWS = [1000, 1000, 1000, 0, 1, 100, 8192, 65_535];
const SYN_OPTIONS: readonly OptionsChoice[] = ['none', 'as usual', 'as usual', 'a scale', 'SACK permitted'];

/** Mostly right, else wrong by little or by much. */
export function drawAberration(rng: Rng, flags: number): Aberration {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const offset = (oneIn: number): number => (rng.int(oneIn) === 0 ? any(OFFSETS) : 0);
  const options = (): OptionsChoice => {
    if (rng.int(4) === 0) return any(Object.keys(OPTIONS) as OptionsChoice[]);
    return flags & 2 ? any(SYN_OPTIONS) : any(['none', 'none', 'timestamps', 'a SACK block']);
  };
  if (rng.int(3) === 0) return { ...RIGHT, options: options() };
  const isReset = (flags & 4) !== 0;
  return {
    sequence: offset(isReset ? 2 : 4),
    acknowledgment: offset(4),
    window: any(WINDOWS),
    options: options(),
    isSent: rng.int(3) > 0,
  };
}
