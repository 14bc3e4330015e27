import { Worker } from 'node:worker_threads';
import type { FoldOrder } from './fold-worker.ts';

/** In the sources a file, in the bundles a program beside this one. */
const IS_SOURCE = import.meta.url.endsWith('.ts');
const SCRIPT = new URL(IS_SOURCE ? './fold-worker.ts' : './checkpoint.js', import.meta.url);

/** Makes checkpoints in a thread of its own, one at a time: requests don't wait for them. */
export class Checkpointer {
  #worker: Worker | undefined;

  get isBusy(): boolean {
    return this.#worker !== undefined;
  }

  /** Resolves with the size of the new checkpoint. */
  async fold(order: FoldOrder): Promise<number> {
    const worker = startWorker(order);
    this.#worker = worker;
    try {
      return await new Promise<number>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', () => reject(new Error('the checkpoint was given up')));
      });
    } finally {
      this.#worker = undefined;
    }
  }

  /** A checkpoint that is being made is given up; its segments are still there. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}

function startWorker(workerData: FoldOrder): Worker {
  if (!IS_SOURCE) return new Worker(SCRIPT, { workerData });
  // A thread of Node 20 does not inherit how its process reads TypeScript.
  const script = JSON.stringify(SCRIPT.href);
  const load = `import('tsx/esm/api').then(({ register }) => (register(), import(${script})))`;
  return new Worker(load, { eval: true, workerData });
}
