import { Counter, Gauge, Histogram, Registry as MetricsRegistry } from 'prom-client';
import type { ResourceDefinition } from '../openapi/resources.ts';
import type { Clock } from '../platform/clock.ts';
import type { Registry } from './registry/registry.ts';
import type { RequestInfo } from './request-info.ts';

const LABELS = ['verb', 'group', 'version', 'resource', 'subresource', 'scope'] as const;
const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The metrics that kube-apiserver has under the same names. */
export class ApiMetrics {
  readonly #registry = new MetricsRegistry();
  readonly #requests: Counter<string>;
  readonly #durations: Histogram<string>;
  readonly #watchEvents: Counter<string>;

  constructor(_clock: Clock) {
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'apiserver_request_total',
      help: 'Requests by verb, resource and response code.',
      labelNames: [...LABELS, 'code'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'apiserver_request_duration_seconds',
      help: 'Response latency by verb and resource.',
      labelNames: LABELS,
      buckets: BUCKETS,
      registers,
    });
    this.#watchEvents = new Counter({
      name: 'apiserver_watch_events_total',
      help: 'Events sent to watchers.',
      labelNames: ['group', 'version', 'resource'],
      registers,
    });
  }

  /** Reads gauges from the registry whenever the metrics are asked for. */
  observe(registry: Registry): void {
    const registers = [this.#registry];
    const labelNames = ['group', 'version', 'resource'];
    new Gauge({
      name: 'apiserver_registered_watchers',
      help: 'Watchers by resource.',
      labelNames,
      registers,
      collect() {
        for (const { definition, cache } of registry.stores) this.set(labelsOf(definition), cache.watchers);
      },
    });
    new Gauge({
      name: 'apiserver_storage_objects',
      help: 'Stored objects by resource.',
      labelNames,
      registers,
      collect() {
        for (const { definition, cache } of registry.stores) this.set(labelsOf(definition), cache.size);
      },
    });
  }

  answered(info: RequestInfo | undefined, code: number, milliseconds: number): void {
    const labels = requestLabels(info, code);
    this.#requests.inc({ ...labels, code });
    if (info?.resource?.verb !== 'watch') this.#durations.observe(labels, milliseconds / 1000);
  }

  delivered(definition: ResourceDefinition, watchers: number): void {
    if (watchers > 0) this.#watchEvents.inc(labelsOf(definition), watchers);
  }

  exposition(): Promise<string> {
    return this.#registry.metrics();
  }
}

function labelsOf({ group, version, resource }: ResourceDefinition): Record<string, string> {
  return { group, version, resource };
}

/** A name that no route knows must not make a time series. */
function requestLabels(info: RequestInfo | undefined, code: number): Record<string, string> {
  const { resource } = info ?? {};
  if (!resource || code === 404) {
    return { verb: info?.method ?? '', group: '', version: '', resource: '', subresource: '', scope: '' };
  }
  const scope = resource.name !== '' ? 'resource' : resource.namespace !== '' ? 'namespace' : 'cluster';
  const { group, version, subresource } = resource;
  return {
    verb: resource.verb.toUpperCase(),
    group,
    version,
    resource: resource.resource,
    subresource,
    scope,
  };
}
