import type { Clock } from '../../platform/clock.ts';

/** A watch event that has not come for this long will not come. */
const GIVE_UP_MS = 5 * 60_000;

/**
 * What a controller has asked for but not yet seen in its informer. Until it is seen, acting again on the
 * same stale picture would create or delete twice (k8s pkg/controller/controller_utils.go, expectations).
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #pending = new Map<string, { objects: Set<string>; since: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits, for a controller's key, until an object's creation or deletion is seen. */
  expect(key: string, token: string): void {
    const pending = this.#pending.get(key) ?? { objects: new Set(), since: 0 };
    pending.objects.add(token);
    pending.since = this.#clock.now();
    this.#pending.set(key, pending);
  }

  /** An event was seen, or the request it would have come from failed. */
  observe(key: string, token: string): void {
    const pending = this.#pending.get(key);
    pending?.objects.delete(token);
    if (pending?.objects.size === 0) this.#pending.delete(key);
  }

  satisfied(key: string): boolean {
    const pending = this.#pending.get(key);
    return pending === undefined || pending.since + GIVE_UP_MS < this.#clock.now();
  }

  forget(key: string): void {
    this.#pending.delete(key);
  }
}

/** The token of a creation; the name is chosen before the request is sent. */
export const created = (name: string): string => `+${name}`;
export const deleted = (uid: string): string => `-${uid}`;
