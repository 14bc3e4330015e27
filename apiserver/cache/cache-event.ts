import type { StoredObject } from './stored-object.ts';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One change of one object, with what it replaced, so that a selector can turn an update into a delete. */
export interface CacheEvent {
  readonly revision: number;
  readonly type: WatchEventType;
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
  /** Encoded once for all watchers of the same encoding; see WatchEncoder. */
  readonly frames: Map<string, Uint8Array>;
}
