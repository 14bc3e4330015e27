import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Root, and a kernel that judges: npm run test:kernel.
    exclude: ['test/kernel/**'],
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    setupFiles: ['./test/fuzz-seed.ts'],
    reporters: ['default', './test/closing-line-reporter.ts'],
  },
});
