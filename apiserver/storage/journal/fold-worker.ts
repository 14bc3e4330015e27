import { parentPort, workerData } from 'node:worker_threads';
import { DataDirectory, type Segment } from './data-directory.ts';
import { foldSegments } from './fold.ts';

/** What a checkpoint is made of; handed to the thread that makes it. */
export interface FoldOrder {
  readonly path: string;
  readonly segments: readonly Segment[];
  readonly revision: number;
}

const { path, segments, revision } = workerData as FoldOrder;
parentPort?.postMessage(foldSegments(new DataDirectory(path), segments, revision));
