import { expect, it } from 'vitest';
import { SyncLimiter } from '../../../controllers/kube-proxy/sync-limiter.ts';

it('lets two pass at once, then one a period', () => {
  const limiter = new SyncLimiter(1000);
  const start = 50_000;
  expect(limiter.take(start)).toBe(0);
  expect(limiter.take(start)).toBe(0);
  expect(limiter.take(start + 400)).toBe(600);
  expect(limiter.take(start + 1000)).toBe(0);
  expect(limiter.take(start + 1000)).toBe(1000);
  expect(limiter.take(start + 60_000)).toBe(0);
  expect(limiter.take(start + 60_000)).toBe(0);
  expect(limiter.take(start + 60_000)).toBe(1000);
});

it('never waits without a period', () => {
  const limiter = new SyncLimiter(0);
  for (let i = 0; i < 5; i++) expect(limiter.take(0)).toBe(0);
});
