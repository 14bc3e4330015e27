import { expect, it } from 'vitest';
import { TriggerTimes } from '../../../controllers/endpoints/trigger-times.ts';
import type { Pod, Service } from '../../../openapi/generated/types.ts';

const at = (minute: number): string => `2026-01-01T00:0${minute}:00Z`;
const SERVICE: Service = { metadata: { name: 'web', namespace: 'default', creationTimestamp: at(1) } };
const pod = (name: string, minute: number): Pod => ({
  metadata: { name, namespace: 'default' },
  status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at(minute) }] },
});

it('tells the earliest change since it was asked before, each once', () => {
  const times = new TriggerTimes();
  expect(times.next(SERVICE, [pod('a', 2)])).toBe(at(1));
  expect(times.next(SERVICE, [pod('a', 2)])).toBeUndefined();
  expect(times.next(SERVICE, [pod('a', 2), pod('b', 4), pod('c', 3)])).toBe(at(3));
  expect(times.next(SERVICE, [pod('a', 5), pod('b', 4), pod('c', 3)])).toBe(at(5));
  expect(times.next(SERVICE, [pod('b', 4)])).toBeUndefined();
  times.forget('default/web');
  expect(times.next(SERVICE, [])).toBe(at(1));
});

it('has nothing to tell of pods that were never ready or not', () => {
  const times = new TriggerTimes();
  times.next(SERVICE, []);
  expect(times.next(SERVICE, [{ metadata: { name: 'new', namespace: 'default' } }])).toBeUndefined();
});
