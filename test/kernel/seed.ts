/** What drew the cases: KERNEL_SEED, or `random`; printed, so that a failure can be had again. */
export const SEED =
  process.env.KERNEL_SEED === 'random'
    ? Math.floor(Math.random() * 2 ** 31)
    : Number(process.env.KERNEL_SEED ?? 1);
/** Cases for each set of rules. */
export const CASES = Number(process.env.KERNEL_CASES ?? 60);

process.stdout.write(`kernel comparison: KERNEL_SEED=${SEED} KERNEL_CASES=${CASES}\n`);
