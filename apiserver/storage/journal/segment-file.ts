import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What is needed of a file: injected, so that disks can be full in tests. */
export type DiskFile = Pick<FileHandle, 'write' | 'truncate' | 'datasync' | 'close'>;
export type OpenDiskFile = (path: string) => Promise<DiskFile>;

/** A write returns when its bytes are on disk, as if fdatasync(2) followed it: one call instead of two. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_DSYNC;

export const openDiskFile: OpenDiskFile = (path) => open(path, FLAGS, 0o600);

/** The end of the journal. */
export class SegmentFile {
  readonly #file: DiskFile;
  #size = 0;
  /** A write that failed may have left a part of itself behind the end. */
  #isDirty = false;

  /** Takes an empty file. */
  constructor(file: DiskFile) {
    this.#file = file;
  }

  /** How many bytes are in it, all of them on disk. */
  get size(): number {
    return this.#size;
  }

  /** Resolves when the bytes are on disk; when it rejects, none of them counts. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#isDirty) await this.#cut();
    try {
      await this.#writeAll(bytes);
    } catch (error) {
      this.#isDirty = true;
      // If the rest cannot be cut now either, the next append tries again before it writes.
      await this.#cut().catch(() => {});
      throw error;
    }
    this.#size += bytes.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      // A full disk takes a part and says why only when it is asked again.
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#size + done);
      done += bytesWritten;
    }
  }

  async #cut(): Promise<void> {
    await this.#file.truncate(this.#size);
    await this.#file.datasync();
    this.#isDirty = false;
  }
}
