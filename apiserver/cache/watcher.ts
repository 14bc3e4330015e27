import type { Status } from '../errors.ts';
import type { CacheEvent, WatchEventType } from './cache-event.ts';
import { joinFrames } from './join-frames.ts';
import type { StoredObject } from './stored-object.ts';

/** Which objects a watch is about. */
export interface WatchScope {
  readonly namespace: string | undefined;
  /** The only name it can match, if there is one. */
  readonly name: string | undefined;
  /** The value that the resource's trigger field must have, if the selector says so. */
  readonly trigger: string | undefined;
  /** Undefined: everything in the namespace. */
  readonly matches: ((object: StoredObject) => boolean) | undefined;
}

/** Turns events into the bytes of one representation. Watchers with the same `key` share frames. */
export interface WatchEncoder {
  readonly key: string;
  frame(type: WatchEventType, object: StoredObject): Uint8Array;
  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array;
  error(status: Status): Uint8Array;
}

/** What a watcher may hold for a slow reader; beyond this it is closed. */
export const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
const MAX_BUFFERED_FRAMES = 20_000;
const BATCH_BYTES = 64 * 1024;

/**
 * One watch: frames wait in it until its reader takes them. Reading never blocks writers: a reader that
 * falls too far behind is cut off and has to watch again.
 */
export class Watcher implements AsyncIterable<Uint8Array> {
  readonly scope: WatchScope;
  readonly encoder: WatchEncoder;
  readonly bookmarks: boolean;
  readonly #onClose: (() => void)[];
  /** What was there before the watch began; made as the reader takes it, so that it costs no buffer. */
  readonly #backlog: Iterable<Uint8Array>;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #wake: (() => void) | undefined;
  #closed = false;
  #overflowed = false;

  constructor(
    scope: WatchScope,
    encoder: WatchEncoder,
    bookmarks: boolean,
    backlog: Iterable<Uint8Array>,
    onClose: (watcher: Watcher) => void,
  ) {
    this.scope = scope;
    this.encoder = encoder;
    this.bookmarks = bookmarks;
    this.#backlog = backlog;
    this.#onClose = [() => onClose(this)];
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Calls back when the watch has ended, for whatever reason. */
  onClosed(callback: () => void): void {
    if (this.#closed) callback();
    else this.#onClose.push(callback);
  }

  /** Offers an event; true if this watcher is sent it. */
  deliver(event: CacheEvent): boolean {
    const frame = frameOf(event, this.scope, this.encoder);
    if (frame) this.push(frame);
    return frame !== undefined;
  }

  push(frame: Uint8Array): void {
    if (this.#closed) return;
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (this.#bytes > MAX_BUFFERED_BYTES || this.#frames.length > MAX_BUFFERED_FRAMES) this.#overflow();
    this.#wake?.();
  }

  /** Ends the stream after what is buffered. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const callback of this.#onClose.splice(0)) callback();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (const chunk of batched(this.#backlog)) {
        yield chunk;
        // A reader that was cut off is not sent the rest.
        if (this.#overflowed) return;
      }
      for (;;) {
        if (this.#frames.length > 0) yield this.#take();
        else if (this.#closed) return;
        else await this.#arrival();
      }
    } finally {
      this.close();
    }
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** All that waits, as one chunk: several events cost one system call. */
  #take(): Uint8Array {
    const frames = this.#frames;
    this.#frames = [];
    this.#bytes = 0;
    return joinFrames(frames);
  }

  #overflow(): void {
    this.#overflowed = true;
    this.#frames = [];
    this.#bytes = 0;
    this.close();
  }
}

/** The bytes that a watch is sent for an event, made once for all that are sent the same. */
export function frameOf(event: CacheEvent, scope: WatchScope, encoder: WatchEncoder): Uint8Array | undefined {
  const type = typeFor(event, scope.matches);
  if (type === undefined) return undefined;
  const key = `${encoder.key} ${type}`;
  let frame = event.frames.get(key);
  if (!frame) {
    frame = encoder.frame(type, event.object);
    event.frames.set(key, frame);
  }
  return frame;
}

/** A selector sees objects come and go where others see them change. */
function typeFor(event: CacheEvent, matches: WatchScope['matches']): WatchEventType | undefined {
  const { type, object, previous } = event;
  if (!matches) return type;
  const matched = previous !== undefined && matches(previous);
  if (type === 'DELETED') return matched ? 'DELETED' : undefined;
  if (matches(object)) return matched ? 'MODIFIED' : 'ADDED';
  return matched ? 'DELETED' : undefined;
}

/** Joins small chunks into bigger ones, lazily. */
function* batched(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    batch.push(chunk);
    bytes += chunk.length;
    if (bytes < BATCH_BYTES) continue;
    yield Buffer.concat(batch);
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield Buffer.concat(batch);
}
