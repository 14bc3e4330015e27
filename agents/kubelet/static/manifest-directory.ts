import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifests } from './static-pods.ts';

/** A longer file is no manifest (k8s pkg/kubelet/config/file.go). */
const LARGEST_MANIFEST = 10 << 20;
/** Changes come in bursts: a file is written in several steps. */
const SETTLE_MS = 50;
/** The folder is looked at again this often, whatever the file system tells (fileCheckFrequency). */
const CHECK_MS = 20_000;

export interface ManifestDirectoryOptions {
  readonly path: string;
  /** All manifests, at first and when something has changed. */
  readonly onManifests: (manifests: Manifests) => void;
  readonly onFault: (message: string) => void;
}

/** Follows a folder of manifests; it is made if there is none. Files whose names begin with a dot are not read. */
export class ManifestDirectory {
  readonly #options: ManifestDirectoryOptions;
  #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;
  #checking: NodeJS.Timeout | undefined;
  #reading = false;
  #changedMeanwhile = false;
  #closed = false;

  private constructor(options: ManifestDirectoryOptions) {
    this.#options = options;
  }

  /** Resolves when the folder was read once. */
  static async open(options: ManifestDirectoryOptions): Promise<ManifestDirectory> {
    const directory = new ManifestDirectory(options);
    await mkdir(options.path, { recursive: true });
    directory.#watcher = watch(options.path, () => directory.#readSoon());
    directory.#watcher.on('error', (error) => options.onFault(error.message));
    directory.#checking = setInterval(() => directory.#readSoon(), CHECK_MS);
    await directory.#read();
    return directory;
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    clearTimeout(this.#settling);
    clearInterval(this.#checking);
  }

  #readSoon(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#read(), SETTLE_MS);
  }

  /** One reading at a time, so that the latest is the last to be told. */
  async #read(): Promise<void> {
    this.#changedMeanwhile = this.#reading;
    if (this.#reading) return;
    this.#reading = true;
    try {
      const manifests = await this.#manifests();
      if (!this.#closed) this.#options.onManifests(manifests);
    } catch (error) {
      this.#options.onFault((error as Error).message);
    }
    this.#reading = false;
    if (this.#changedMeanwhile && !this.#closed) await this.#read();
  }

  async #manifests(): Promise<Manifests> {
    const names = (await readdir(this.#options.path)).filter((name) => !name.startsWith('.'));
    const read = await Promise.all(names.map(async (name) => [name, await this.#text(name)] as const));
    return new Map(read.filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  /** Undefined for what is no file, is too long, or has gone. */
  async #text(name: string): Promise<string | undefined> {
    const path = join(this.#options.path, name);
    try {
      const found = await stat(path);
      if (!found.isFile()) return undefined;
      if (found.size <= LARGEST_MANIFEST) return await readFile(path, 'utf8');
      this.#options.onFault(`${path} is longer than ${LARGEST_MANIFEST} bytes`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#options.onFault((error as Error).message);
    }
    return undefined;
  }
}
