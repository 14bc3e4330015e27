import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** One queue's series, under the names that client-go's work queues use (k8s component-base workqueue.go). */
export interface WorkQueueMetrics {
  readonly depth: { set(value: number): void };
  readonly adds: { inc(): void };
  readonly retries: { inc(): void };
  readonly queueSeconds: { observe(value: number): void };
  readonly workSeconds: { observe(value: number): void };
}

const SECONDS = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

export function createWorkQueueMetrics(registry: Registry, name: string): WorkQueueMetrics {
  const common = { registers: [registry], labelNames: ['name'] };
  const counter = (metric: string, help: string) =>
    find(registry, metric, () => new Counter({ name: metric, help, ...common })).labels(name);
  const histogram = (metric: string, help: string) =>
    find(registry, metric, () => new Histogram({ name: metric, help, buckets: SECONDS, ...common })).labels(
      name,
    );
  return {
    depth: find(
      registry,
      'workqueue_depth',
      () => new Gauge({ name: 'workqueue_depth', help: 'Keys that wait', ...common }),
    ).labels(name),
    adds: counter('workqueue_adds_total', 'Keys added'),
    retries: counter('workqueue_retries_total', 'Keys that came back after a failure'),
    queueSeconds: histogram('workqueue_queue_duration_seconds', 'Time a key waited'),
    workSeconds: histogram('workqueue_work_duration_seconds', 'Time a key was worked on'),
  };
}

/** A registry holds each metric once, whatever the number of queues. */
function find<M>(registry: Registry, name: string, create: () => M): M {
  return (registry.getSingleMetric(name) as M | undefined) ?? create();
}
