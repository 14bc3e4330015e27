import type { Event } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Registry } from './registry.ts';

/** As long as kube-apiserver keeps Events after their last change (--event-ttl). */
const EVENT_TTL_MS = 3_600_000;

/** Deletes Events that nothing has happened to for an hour, so that they cannot fill the memory. */
export async function expireEvents(registry: Registry, clock: Clock): Promise<void> {
  const store = registry.of(resources.events);
  const oldest = clock.now() - EVENT_TTL_MS;
  for (const stored of store.cache.list(undefined)) {
    if (lastChange(stored.object as unknown as Event) < oldest) await store.delete(stored);
  }
}

function lastChange({ metadata, lastTimestamp, series }: Event): number {
  const times = [metadata.creationTimestamp, lastTimestamp, series?.lastObservedTime];
  return Math.max(...times.map((time) => (time === undefined ? 0 : Date.parse(time))));
}
