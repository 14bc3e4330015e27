import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '../../../platform/logger.ts';
import type { Change } from '../storage.ts';
import { Checkpointer } from './checkpointer.ts';
import type { DataDirectory, Segment } from './data-directory.ts';
import { encodeFrame, recordSize } from './frame.ts';
import type { Recovered, SizedSegment } from './recover.ts';
import { type OpenDiskFile, SegmentFile } from './segment-file.ts';
import { storageFailure } from './storage-failure.ts';

export interface JournalOptions {
  readonly directory: DataDirectory;
  readonly logger: Logger;
  readonly openFile: OpenDiskFile;
  /** A segment that has grown to this size is closed. */
  readonly segmentBytes: number;
  /** Told every change that is on disk, in order, before its `append` resolves. */
  readonly onCommitted: (event: Change) => void;
}

interface Waiting {
  readonly event: Change;
  readonly size: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** One frame holds no more than this, or one record. */
const MOST_IN_FRAME = 8 * 1024 * 1024;

/** Every start makes a segment: many small ones are folded too. */
const MOST_CLOSED = 16;

/**
 * Appends changes to the newest segment. All that wait are written together, in one write that returns when
 * they are on disk; meanwhile the next ones gather.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #checkpointer = new Checkpointer();
  readonly #waiting: Waiting[] = [];
  /** Full segments that no checkpoint has taken in yet. */
  readonly #closed: SizedSegment[];
  #checkpointBytes: number;
  /** Where changes go, and its file. */
  #present: Segment;
  #file: SegmentFile;
  /** The last revision on disk. */
  #revision: number;
  #isWriting = false;
  /** Resolves when nothing waits. */
  #written: Promise<void> = Promise.resolve();
  #fails = false;
  #isClosed = false;

  private constructor(options: JournalOptions, recovered: Recovered, present: Segment, file: SegmentFile) {
    this.#options = options;
    this.#revision = recovered.revision;
    this.#closed = [...recovered.segments];
    this.#checkpointBytes = recovered.checkpointBytes;
    this.#present = present;
    this.#file = file;
  }

  /** Goes on behind what was recovered, in a new segment. */
  static async open(options: JournalOptions, recovered: Recovered): Promise<Journal> {
    const { directory, openFile } = options;
    const present = directory.segment(recovered.revision);
    const file = new SegmentFile(await openFile(present.path));
    directory.sync();
    const journal = new Journal(options, recovered, present, file);
    journal.#checkpointIfDue();
    return journal;
  }

  /** Resolves when the change is on disk; rejects with a StatusError, and then it is as if it was never asked for. */
  append(event: Change): Promise<void> {
    const size = recordSize(event);
    const done = new Promise<void>((resolve, reject) => this.#waiting.push({ event, size, resolve, reject }));
    if (!this.#isWriting) this.#written = this.#writeAll();
    return done;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#written;
    await this.#checkpointer.close();
    await this.#file.close();
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    for (;;) {
      // Whoever was just answered may write again at once, and requests that have arrived are handled.
      await nextTurn();
      if (this.#waiting.length === 0) break;
      const batch = this.#takeBatch();
      try {
        await this.#file.append(encodeFrame(batch.events, batch.size));
      } catch (error) {
        this.#failed(error, batch.waiting);
        continue;
      }
      this.#committed(batch.waiting);
      if (this.#file.size >= this.#options.segmentBytes) await this.#roll();
    }
    this.#isWriting = false;
  }

  #takeBatch(): { waiting: Waiting[]; events: Change[]; size: number } {
    let size = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && size + waiting.size > MOST_IN_FRAME) break;
      size += waiting.size;
      count++;
    }
    const waiting = this.#waiting.splice(0, count);
    return { waiting, events: waiting.map(({ event }) => event), size };
  }

  #committed(batch: readonly Waiting[]): void {
    for (const { event } of batch) {
      this.#revision = event.type === 'put' ? event.value.revision : event.revision;
      this.#options.onCommitted(event);
    }
    for (const { resolve } of batch) resolve();
    if (this.#fails) this.#options.logger.info({}, 'the journal can be written again');
    this.#fails = false;
  }

  #failed(error: unknown, batch: readonly Waiting[]): void {
    const failure = storageFailure(error);
    if (!this.#fails) this.#options.logger.error({ error: String(error) }, failure.message);
    this.#fails = true;
    for (const { reject } of batch) reject(failure);
  }

  /** Goes on in a new segment; if none can be made, in the present one. */
  async #roll(): Promise<void> {
    const { directory, openFile, logger } = this.#options;
    const next = directory.segment(this.#revision);
    const full = this.#file;
    try {
      const file = new SegmentFile(await openFile(next.path));
      directory.sync();
      this.#file = file;
    } catch (error) {
      logger.warn({ error: String(error) }, 'the journal grows: no new segment could be made');
      return;
    }
    this.#closed.push({ ...this.#present, size: full.size });
    this.#present = next;
    await full.close();
    this.#checkpointIfDue();
  }

  /** A checkpoint costs as much as it is big, so it waits until the journal is as big. */
  #checkpointIfDue(): void {
    const bytes = this.#closed.reduce((sum, { size }) => sum + size, 0);
    const isDue = bytes >= Math.max(this.#options.segmentBytes, this.#checkpointBytes);
    if (this.#checkpointer.isBusy || !(isDue || this.#closed.length >= MOST_CLOSED)) return;
    this.#checkpoint([...this.#closed]).catch((error) => {
      if (!this.#isClosed)
        this.#options.logger.error({ error: String(error) }, 'no checkpoint could be made');
    });
  }

  async #checkpoint(segments: readonly Segment[]): Promise<void> {
    const { directory, logger } = this.#options;
    const revision = this.#present.base;
    this.#checkpointBytes = await this.#checkpointer.fold({ path: directory.path, segments, revision });
    this.#closed.splice(0, segments.length);
    logger.info({ revision, bytes: this.#checkpointBytes }, 'a checkpoint was made');
  }
}
