import { randomInt, randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../../platform/clock.ts';
import type { Logger } from '../../../platform/logger.ts';
import { stampRevision } from '../stamp-revision.ts';
import type { Change, Storage, StorageEvent, StoredValue } from '../storage.ts';
import { Compactor } from './compactor.ts';
import { type EtcdAccess, EtcdClient, isServiceError, type WatchStream } from './etcd-client.ts';
import { etcdFailure } from './etcd-failure.ts';
import type { KeyValue, WatchResponse } from './etcd-messages.ts';

export interface EtcdOptions extends EtcdAccess {
  /** What all keys begin with: several clusters share an etcd under different ones. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long the first connection may take, milliseconds. */
  readonly connectMs?: number;
  /** How often history is cut, milliseconds. */
  readonly compactEveryMs?: number;
}

const CONNECT_MS = 30_000;
const RETRY_MS = 500;
const COMPACT_EVERY_MS = 5 * 60_000;
const PAGE = 2_000;
/** What keys of the Storage interface begin with. */
const KEYS = '/registry/';
const MARKS = '.marks/';
const MARK_SECONDS = 600;
/** A change under this server's prefix is here long before. */
const NEIGHBOUR_AFTER_MS = 30;

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
}

/**
 * Objects in etcd, shared with other API servers. Writes are transactions on a key's mod revision; every
 * change, whoever made it, comes back through one watch, in order. A watch that breaks goes on where it was;
 * if that is compacted, everything is read again and what changed is told as a gap.
 */
export class EtcdStorage implements Storage {
  readonly #client: EtcdClient;
  readonly #options: EtcdOptions;
  readonly #prefix: string;
  readonly #mark: string;
  readonly #compactor: Compactor;
  /** The keys that are there, as the sink has seen it. */
  readonly #known = new Set<string>();
  readonly #waiters = new Set<Waiter>();
  readonly #sinks = new Set<(event: StorageEvent) => void>();
  #stream: WatchStream | undefined;
  #retry: Timer | undefined;
  #seen = 0;
  #closed = false;
  #lease: { readonly id: number; readonly until: number } | undefined;
  #catching: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(options: EtcdOptions) {
    this.#options = options;
    this.#client = new EtcdClient(options);
    this.#prefix = `${options.prefix.replace(/\/+$/, '')}/`;
    this.#mark = `${this.#prefix}${MARKS}${randomUUID()}`;
    const every = options.compactEveryMs ?? COMPACT_EVERY_MS;
    this.#compactor = new Compactor(this.#client, `${this.#prefix}compact_rev_key`, every, options);
  }

  /** Resolves when etcd answers; rejects when it does not in time. */
  static async open(options: EtcdOptions): Promise<EtcdStorage> {
    const storage = new EtcdStorage(options);
    const { clock, logger, servers, connectMs = CONNECT_MS } = options;
    const deadline = clock.now() + connectMs;
    for (;;) {
      try {
        await storage.#client.range({ key: Buffer.from(storage.#prefix), limit: 1, keys_only: true });
        storage.#compactor.start();
        return storage;
      } catch (error) {
        if (clock.now() > deadline) {
          storage.#client.close();
          throw new Error(`etcd at ${servers.join(', ')} does not answer: ${messageOf(error)}`);
        }
        logger.warn({ servers, error: messageOf(error) }, 'etcd does not answer yet');
        await new Promise<void>((resolve) => clock.setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async load(): Promise<{ revision: number; values: readonly StoredValue[] }> {
    const { revision, values } = await this.#readAll();
    for (const { key } of values) this.#known.add(key);
    return { revision, values };
  }

  async create(key: string, bytes: Uint8Array): Promise<StoredValue | undefined> {
    return this.#write(key, 0, bytes);
  }

  async replace(key: string, expectedRevision: number, bytes: Uint8Array): Promise<StoredValue | undefined> {
    return this.#write(key, expectedRevision, bytes);
  }

  async delete(key: string, expectedRevision: number): Promise<number | undefined> {
    const request = { request_delete_range: { key: this.#etcdKey(key) } };
    return this.#transact(key, expectedRevision, request);
  }

  watch(afterRevision: number, sink: (event: StorageEvent) => void): () => void {
    this.#sinks.add(sink);
    if (this.#sinks.size === 1) {
      this.#seen = afterRevision;
      this.#connect();
    }
    return () => {
      this.#sinks.delete(sink);
      if (this.#sinks.size === 0) this.#stream?.cancel();
    };
  }

  /** Resolves when the sink has seen all that was in etcd when this was called. Calls share their round trips. */
  catchUp(): Promise<void> {
    if (!this.#catching) {
      this.#catching = this.#readHead().finally(() => {
        this.#catching = undefined;
      });
      return this.#catching;
    }
    // The one under way may have been read before the caller came.
    this.#next ??= this.#catching
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.catchUp();
      });
    return this.#next;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sinks.clear();
    this.#compactor.stop();
    this.#options.clock.clearTimeout(this.#retry);
    this.#stream?.cancel();
    this.#client.close();
    for (const { resolve } of this.#waiters) resolve();
    this.#waiters.clear();
  }

  async #write(key: string, expected: number, bytes: Uint8Array): Promise<StoredValue | undefined> {
    const put = { request_put: { key: this.#etcdKey(key), value: bytes } };
    const revision = await this.#transact(key, expected, put);
    return revision === undefined ? undefined : { key, revision, bytes: stampRevision(bytes, revision) };
  }

  /** The revision of the change; undefined when the key is at another revision, which the sink has seen then. */
  async #transact(key: string, expected: number, operation: object): Promise<number | undefined> {
    const compare = [{ target: 'MOD', key: this.#etcdKey(key), mod_revision: expected }];
    const answer = await this.#client.txn({ compare, success: [operation] }).catch((error) => {
      throw etcdFailure(error);
    });
    const { revision } = answer.header;
    if (!answer.succeeded) {
      await this.#reach(revision);
      return undefined;
    }
    await this.#until(revision);
    return revision;
  }

  /** etcd answers a read when it has all that was acknowledged before, whether or not the key is there. */
  async #readHead(): Promise<void> {
    const request = { key: Buffer.from(this.#mark), keys_only: true };
    const { header } = await this.#client.range(request).catch((error) => {
      throw etcdFailure(error);
    });
    await this.#reach(header.revision);
  }

  /**
   * Resolves when the sink has seen what belongs to this server's prefix up to a revision. The revision itself
   * may be a neighbour's, which the watch never brings: it does bring a mark that is written after it.
   */
  async #reach(revision: number): Promise<void> {
    if (this.#seen >= revision || !this.#isWatching) return;
    const seen = this.#until(revision);
    if (await this.#isSoon(seen)) return;
    await this.#writeMark();
    await seen;
  }

  #isSoon(seen: Promise<void>): Promise<boolean> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => resolve(false), NEIGHBOUR_AFTER_MS);
      void seen.then(() => {
        clock.clearTimeout(timer);
        resolve(true);
      });
    });
  }

  async #writeMark(): Promise<void> {
    try {
      await this.#client.put({ key: Buffer.from(this.#mark), lease: await this.#leaseId() });
    } catch (error) {
      this.#lease = undefined;
      throw etcdFailure(error);
    }
  }

  /** A server that ends leaves no mark for long. */
  async #leaseId(): Promise<number> {
    const now = this.#options.clock.now();
    if (!this.#lease || this.#lease.until < now) {
      // Of our own choice: one of etcd's does not fit a JavaScript number.
      const id = randomInt(1, 2 ** 48 - 1);
      await this.#client.grantLease(id, MARK_SECONDS);
      this.#lease = { id, until: now + (MARK_SECONDS * 1000) / 2 };
    }
    return this.#lease.id;
  }

  #until(revision: number): Promise<void> {
    if (this.#seen >= revision || !this.#isWatching) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.add({ revision, resolve }));
  }

  #connect(): void {
    if (!this.#isWatching || this.#closed) return;
    const stream = this.#client.watch();
    this.#stream = stream;
    stream.on('data', (response: WatchResponse) => this.#receive(stream, response));
    stream.on('error', (error) => this.#lost(stream, messageOf(error)));
    stream.on('end', () => this.#lost(stream, 'the stream ended'));
    const [key, end] = this.#keyRange();
    stream.write({ create_request: { key, range_end: end, start_revision: this.#seen + 1 } });
  }

  #receive(stream: WatchStream, response: WatchResponse): void {
    if (stream !== this.#stream) return;
    if (response.canceled) {
      this.#stream = undefined;
      stream.cancel();
      if (response.compact_revision > 0) void this.#reload();
      else this.#lost(stream, response.cancel_reason, true);
      return;
    }
    for (const { type, kv } of response.events) {
      const change = this.#changeOf(type, kv);
      if (change) this.#tell(change);
    }
    if (response.events.length > 0) this.#saw(response.events.at(-1)!.kv.mod_revision);
  }

  /** Undefined for what is no object. */
  #changeOf(type: 'PUT' | 'DELETE', kv: KeyValue): Change | undefined {
    const key = this.#storageKey(kv.key);
    if (key === undefined) return undefined;
    if (type === 'DELETE') {
      this.#known.delete(key);
      return { type: 'delete', key, revision: kv.mod_revision };
    }
    this.#known.add(key);
    return { type: 'put', value: this.#valueOf(kv) };
  }

  #tell(event: StorageEvent): void {
    for (const sink of this.#sinks) sink(event);
  }

  get #isWatching(): boolean {
    return this.#sinks.size > 0;
  }

  #saw(revision: number): void {
    this.#seen = Math.max(this.#seen, revision);
    for (const waiter of this.#waiters) {
      if (waiter.revision > this.#seen) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  #lost(stream: WatchStream, why: string, current = stream === this.#stream): void {
    if (!current || this.#closed || !this.#isWatching) return;
    this.#stream = undefined;
    this.#options.logger.warn({ why }, 'the watch on etcd broke off');
    this.#retryWith(() => this.#connect());
  }

  /** History is gone: what changed meanwhile is the difference between what is there and what was seen. */
  async #reload(): Promise<void> {
    try {
      const { revision, values } = await this.#readAll();
      const present = new Set(values.map(({ key }) => key));
      const gone = [...this.#known].filter((key) => !present.has(key));
      const changed = values.filter((value) => value.revision > this.#seen);
      for (const key of gone) this.#known.delete(key);
      for (const { key } of changed) this.#known.add(key);
      const changes: Change[] = [
        ...changed.sort((a, b) => a.revision - b.revision).map((value) => ({ type: 'put', value }) as const),
        ...gone.map((key) => ({ type: 'delete', key, revision }) as const),
      ];
      this.#options.logger.warn({ changes: changes.length }, "etcd's history is gone: watchers start over");
      this.#tell({ type: 'gap', revision, changes });
      this.#saw(revision);
      this.#connect();
    } catch (error) {
      this.#options.logger.warn({ error: messageOf(error) }, 'etcd could not be read again');
      this.#retryWith(() => void this.#reload());
    }
  }

  #retryWith(action: () => void): void {
    if (!this.#closed) this.#retry = this.#options.clock.setTimeout(action, RETRY_MS);
  }

  /** All objects as they were at one revision, a page at a time. */
  async #readAll(): Promise<{ revision: number; values: StoredValue[] }> {
    const values: StoredValue[] = [];
    let [key, end] = this.#keyRange();
    let revision = 0;
    try {
      for (;;) {
        const page = await this.#client.range({ key, range_end: end, limit: PAGE, revision });
        revision ||= page.header.revision;
        for (const kv of page.kvs) if (this.#storageKey(kv.key) !== undefined) values.push(this.#valueOf(kv));
        const last = page.kvs.at(-1);
        if (!page.more || !last) return { revision, values };
        key = Buffer.concat([last.key, Buffer.from([0])]);
      }
    } catch (error) {
      throw etcdFailure(error);
    }
  }

  #valueOf({ key, value, mod_revision }: KeyValue): StoredValue {
    return {
      key: this.#storageKey(key) ?? '',
      bytes: stampRevision(value, mod_revision),
      revision: mod_revision,
    };
  }

  /** Every key that begins with the prefix. */
  #keyRange(): [Buffer, Buffer] {
    const key = Buffer.from(this.#prefix);
    const end = Buffer.from(key);
    end[end.length - 1]!++;
    return [key, end];
  }

  #etcdKey(key: string): Buffer {
    return Buffer.from(`${this.#prefix}${key.slice(KEYS.length)}`);
  }

  /** Undefined for what is no object: marks and the compactor's key. */
  #storageKey(key: Buffer): string | undefined {
    const rest = key.toString().slice(this.#prefix.length);
    return rest.startsWith(MARKS) || rest === 'compact_rev_key' ? undefined : `${KEYS}${rest}`;
  }
}

function messageOf(error: unknown): string {
  return isServiceError(error) ? error.details : error instanceof Error ? error.message : String(error);
}
