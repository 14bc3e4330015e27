import type { Status } from '../errors.ts';
import { restampRevision } from '../storage/stamp-revision.ts';
import type { CacheEvent } from './cache-event.ts';
import { EventWindow } from './event-window.ts';
import { ObjectIndex } from './object-index.ts';
import { type KubeObject, StoredObject } from './stored-object.ts';
import { frameOf, type WatchEncoder, Watcher, type WatchScope } from './watcher.ts';
import { WatcherIndex } from './watcher-index.ts';

/** What is kept of each resource's history. */
const WINDOW = { events: 10_000, bytes: 64 * 1024 * 1024 } as const;

export interface WatchCacheOptions {
  /** Events after this revision will arrive. */
  readonly revision: number;
  readonly fieldsOf: ((object: KubeObject) => Record<string, string>) | undefined;
  /** The selectable field that watchers are indexed by. */
  readonly triggerField: string | undefined;
  /** How many watchers an event was sent to. */
  readonly onDelivered?: (watchers: number) => void;
}

/** One resource as it is now and was a while ago. All reads and watches are answered from here. */
export class WatchCache {
  readonly #objects = new ObjectIndex();
  readonly #window: EventWindow;
  readonly #watchers: WatcherIndex;
  readonly #options: WatchCacheOptions;
  /** The last revision at which this resource changed. */
  #changedAt: number;

  constructor(options: WatchCacheOptions) {
    this.#options = options;
    this.#changedAt = options.revision;
    this.#window = new EventWindow(WINDOW, options.revision);
    this.#watchers = new WatcherIndex(options.triggerField);
  }

  get size(): number {
    return this.#objects.size;
  }

  /** The fields that objects are selected by cannot change: another way to read them needs another cache. */
  get fieldsOf(): WatchCacheOptions['fieldsOf'] {
    return this.#options.fieldsOf;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  get changedAt(): number {
    return this.#changedAt;
  }

  get(namespace: string, name: string): StoredObject | undefined {
    return this.#objects.get(namespace, name);
  }

  list(namespace: string | undefined): StoredObject[] {
    return this.#objects.list(namespace);
  }

  /** The list as it was at an earlier revision; undefined when that is no longer known. */
  listAt(revision: number, namespace: string | undefined): StoredObject[] | undefined {
    if (revision >= this.#changedAt) return this.list(namespace);
    const events = this.#window.after(revision);
    if (!events) return undefined;
    const past = new Map(this.list(namespace).map((object) => [keyOf(object), object]));
    for (const { object, previous } of events.reverse()) {
      if (namespace !== undefined && object.namespace !== namespace) continue;
      if (previous) past.set(keyOf(object), previous);
      else past.delete(keyOf(object));
    }
    return [...past.values()].sort(byKey);
  }

  /** Fills the cache at start. */
  load(namespace: string, name: string, bytes: Uint8Array, revision: number): void {
    this.#objects.put(new StoredObject(namespace, name, bytes, revision, this.#options.fieldsOf));
  }

  put(namespace: string, name: string, bytes: Uint8Array, revision: number): void {
    const previous = this.#objects.get(namespace, name);
    const object = new StoredObject(namespace, name, bytes, revision, this.#options.fieldsOf);
    this.#objects.put(object);
    this.#publish({ revision, type: previous ? 'MODIFIED' : 'ADDED', object, previous, frames: new Map() });
  }

  delete(namespace: string, name: string, revision: number): void {
    const previous = this.#objects.get(namespace, name);
    if (!previous) return;
    this.#objects.delete(namespace, name);
    const bytes = restampRevision(previous.bytes, revision);
    const object = new StoredObject(namespace, name, bytes, revision, this.#options.fieldsOf);
    this.#publish({ revision, type: 'DELETED', object, previous, frames: new Map() });
  }

  /** Events after a revision, then whatever comes; undefined when the history is too short. */
  watchFrom(
    revision: number,
    scope: WatchScope,
    encoder: WatchEncoder,
    bookmarks: boolean,
  ): Watcher | undefined {
    const missed = this.#window.after(revision);
    return missed && this.#register(scope, encoder, bookmarks, replay(missed, scope, encoder));
  }

  /** An ADDED event for each present object, the closing frames, then whatever comes. */
  watchFromState(
    scope: WatchScope,
    encoder: WatchEncoder,
    bookmarks: boolean,
    closing: readonly Uint8Array[],
  ): Watcher {
    const present = this.list(scope.namespace);
    return this.#register(scope, encoder, bookmarks, state(present, scope, encoder, closing));
  }

  /** Tells the watchers that asked for bookmarks where they are. */
  bookmark(revision: number): void {
    const frames = new Map<string, Uint8Array>();
    for (const watcher of this.#watchers) {
      if (!watcher.bookmarks) continue;
      const { encoder } = watcher;
      const frame = frames.get(encoder.key) ?? encoder.bookmark(revision, false);
      frames.set(encoder.key, frame);
      watcher.push(frame);
    }
  }

  closeWatchers(): void {
    for (const watcher of [...this.#watchers]) watcher.close();
  }

  /** Ends all watches with an error. */
  failWatchers(status: Status): void {
    for (const watcher of [...this.#watchers]) {
      watcher.push(watcher.encoder.error(status));
      watcher.close();
    }
  }

  /** Nothing is known of the time before a revision but the state at it. */
  forget(revision: number): void {
    this.#window.restart(revision);
    this.#changedAt = revision;
  }

  #register(
    scope: WatchScope,
    encoder: WatchEncoder,
    bookmarks: boolean,
    backlog: Iterable<Uint8Array>,
  ): Watcher {
    const watcher = new Watcher(scope, encoder, bookmarks, backlog, (closed) =>
      this.#watchers.delete(closed),
    );
    this.#watchers.add(watcher);
    return watcher;
  }

  #publish(event: CacheEvent): void {
    this.#changedAt = event.revision;
    this.#window.push(event);
    const sent = this.#watchers.deliver(event);
    this.#options.onDelivered?.(sent);
  }
}

function keyOf({ namespace, name }: StoredObject): string {
  return `${namespace}/${name}`;
}

function byKey(a: StoredObject, b: StoredObject): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function inScope(object: StoredObject, { namespace, name }: WatchScope): boolean {
  if (namespace !== undefined && object.namespace !== namespace) return false;
  return name === undefined || object.name === name;
}

function* replay(
  events: readonly CacheEvent[],
  scope: WatchScope,
  encoder: WatchEncoder,
): Generator<Uint8Array> {
  for (const event of events) {
    const frame = inScope(event.object, scope) ? frameOf(event, scope, encoder) : undefined;
    if (frame) yield frame;
  }
}

function* state(
  objects: readonly StoredObject[],
  scope: WatchScope,
  encoder: WatchEncoder,
  closing: readonly Uint8Array[],
): Generator<Uint8Array> {
  for (const object of objects) {
    if (inScope(object, scope) && (scope.matches?.(object) ?? true)) yield encoder.frame('ADDED', object);
  }
  yield* closing;
}
