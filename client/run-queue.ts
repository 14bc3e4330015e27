import type { ControllerContext } from './controller-context.ts';
import { type ReconcileResult, WorkQueue } from './work-queue.ts';

/** A work queue that lives as long as its controller. */
export function runQueue(
  context: ControllerContext,
  name: string,
  // biome-ignore lint/suspicious/noConfusingVoidType: a reconcile that has nothing to say need not return.
  reconcile: (key: string) => Promise<ReconcileResult | void>,
  concurrency = 1,
): WorkQueue {
  const { clock, logger, metrics, signal } = context;
  const queue = new WorkQueue({ name, clock, logger, metrics, concurrency, reconcile });
  signal.addEventListener('abort', () => void queue.stop(), { once: true });
  return queue;
}
