import fc from 'fast-check';

// The same inputs on every run, so that a failure is the change's own. To look for new ones:
// FUZZ_SEED=random FUZZ_RUNS=200000. A failure prints its seed.
const seed = process.env.FUZZ_SEED ?? '1';
if (seed !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
