import { expect, it } from 'vitest';
import { ChangeTriggers } from '../../../controllers/kube-proxy/change-triggers.ts';

it('gives each node the changes that it has not seen', () => {
  const triggers = new ChangeTriggers();
  expect(triggers.since(0)).toEqual([]);
  triggers.add(10);
  triggers.add(20);
  expect(triggers.since(0)).toEqual([10, 20]);
  expect(triggers.since(1)).toEqual([20]);
  expect(triggers.since(triggers.latest)).toEqual([]);
});

it('keeps no more than the latest', () => {
  const triggers = new ChangeTriggers();
  for (let time = 1; time <= 10_000; time++) triggers.add(time);
  expect(triggers.latest).toBe(10_000);
  expect(triggers.since(9_998)).toEqual([9_999, 10_000]);
  expect(triggers.since(0).length).toBeLessThan(4096);
});
