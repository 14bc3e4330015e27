import type { CacheEvent } from './cache-event.ts';
import type { Watcher } from './watcher.ts';

/**
 * The watchers of one resource, so arranged that an event meets only those it can concern: by name, by
 * trigger field (a node's own pods), by namespace, and the rest.
 */
export class WatcherIndex {
  readonly #all = new Set<Watcher>();
  readonly #everything = new Set<Watcher>();
  readonly #byNamespace = new Map<string, Set<Watcher>>();
  readonly #byName = new Map<string, Set<Watcher>>();
  readonly #byTrigger = new Map<string, Set<Watcher>>();
  readonly #triggerField: string | undefined;

  constructor(triggerField: string | undefined) {
    this.#triggerField = triggerField;
  }

  get size(): number {
    return this.#all.size;
  }

  add(watcher: Watcher): void {
    this.#all.add(watcher);
    const [map, key] = this.#place(watcher);
    if (!map) {
      this.#everything.add(watcher);
      return;
    }
    const set = map.get(key) ?? new Set();
    map.set(key, set.add(watcher));
  }

  delete(watcher: Watcher): void {
    this.#all.delete(watcher);
    const [map, key] = this.#place(watcher);
    if (!map) {
      this.#everything.delete(watcher);
      return;
    }
    const set = map.get(key);
    set?.delete(watcher);
    if (set?.size === 0) map.delete(key);
  }

  /** Offers an event to every watcher it may concern; how many were sent it. */
  deliver(event: CacheEvent): number {
    const { namespace, name } = event.object;
    let sent = offer(this.#everything, event);
    sent += offer(this.#byNamespace.get(namespace), event);
    sent += offer(this.#byName.get(`${namespace}/${name}`), event);
    if (namespace !== '') sent += offer(this.#byName.get(`/${name}`), event);
    if (this.#triggerField !== undefined && this.#byTrigger.size > 0) sent += this.#trigger(event);
    return sent;
  }

  [Symbol.iterator](): IterableIterator<Watcher> {
    return this.#all[Symbol.iterator]();
  }

  #trigger(event: CacheEvent): number {
    const field = this.#triggerField ?? '';
    const now = event.object.attributes.fields[field] ?? '';
    const before = event.previous?.attributes.fields[field] ?? now;
    const sent = offer(this.#byTrigger.get(now), event);
    return before === now ? sent : sent + offer(this.#byTrigger.get(before), event);
  }

  #place({ scope }: Watcher): [Map<string, Set<Watcher>> | undefined, string] {
    if (scope.name !== undefined) return [this.#byName, `${scope.namespace ?? ''}/${scope.name}`];
    if (scope.trigger !== undefined) return [this.#byTrigger, scope.trigger];
    if (scope.namespace !== undefined) return [this.#byNamespace, scope.namespace];
    return [undefined, ''];
  }
}

function offer(watchers: ReadonlySet<Watcher> | undefined, event: CacheEvent): number {
  if (!watchers) return 0;
  let sent = 0;
  for (const watcher of watchers) {
    // A trigger or a name narrows further than the namespace it came with.
    const { namespace } = watcher.scope;
    if (namespace !== undefined && namespace !== event.object.namespace) continue;
    if (watcher.deliver(event)) sent++;
  }
  return sent;
}
