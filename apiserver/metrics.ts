import { Counter, Gauge, type Metric, Registry as MetricsRegistry } from 'prom-client';
import type { ResourceDefinition } from '../openapi/resources.ts';
import type { Registry } from './registry/registry.ts';
import type { RequestInfo } from './request-info.ts';
import { HistogramSeries } from './series-histogram.ts';

const LABELS = ['verb', 'group', 'version', 'resource', 'subresource', 'scope'] as const;
const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The requests that have the same labels and code: counted here, handed to the library when it prints. */
interface RequestSeries {
  readonly labels: Record<string, string>;
  readonly code: number;
  /** Since the metrics were last asked for. */
  count: number;
  readonly seconds: HistogramSeries;
}

const DURATIONS = 'apiserver_request_duration_seconds';

/** The metrics that kube-apiserver has under the same names. */
export class ApiMetrics {
  readonly #registry = new MetricsRegistry();
  readonly #series = new Map<string, RequestSeries>();
  readonly #watchEvents: Counter<string>;

  constructor() {
    const registers = [this.#registry];
    const series = this.#series;
    new Counter({
      name: 'apiserver_request_total',
      help: 'Requests by verb, resource and response code.',
      labelNames: [...LABELS, 'code'],
      registers,
      collect() {
        for (const each of series.values()) {
          this.inc({ ...each.labels, code: each.code }, each.count);
          each.count = 0;
        }
      },
    });
    this.#registry.registerMetric(durations(series) as unknown as Metric);
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
        this.reset();
        for (const { definition, cache } of registry.stores) this.set(labelsOf(definition), cache.watchers);
      },
    });
    new Gauge({
      name: 'apiserver_storage_objects',
      help: 'Stored objects by resource.',
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { definition, cache } of registry.stores) this.set(labelsOf(definition), cache.size);
      },
    });
  }

  answered(info: RequestInfo | undefined, code: number, milliseconds: number): void {
    const key = seriesKey(info, code);
    let series = this.#series.get(key);
    if (!series) {
      series = { labels: requestLabels(info, code), code, count: 0, seconds: new HistogramSeries(BUCKETS) };
      this.#series.set(key, series);
    }
    series.count++;
    if (info?.resource?.verb !== 'watch') series.seconds.observe(milliseconds / 1000);
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

function durations(series: ReadonlyMap<string, RequestSeries>) {
  return {
    name: DURATIONS,
    get: async () => ({
      name: DURATIONS,
      help: 'Response latency by verb, resource and response code.',
      type: 'histogram',
      aggregator: 'sum',
      values: [...series.values()].flatMap(({ labels, code, seconds }) =>
        seconds.values(DURATIONS, { ...labels, code: String(code) }),
      ),
    }),
  };
}

/** Tells series apart as their labels do. */
function seriesKey(info: RequestInfo | undefined, code: number): string {
  const resource = info?.resource;
  if (!resource || code === 404) return `${info?.method} ${code}`;
  const { verb, group, version, subresource, name, namespace } = resource;
  const scope = name !== '' ? 'r' : namespace !== '' ? 'n' : 'c';
  return `${verb} ${group}/${version}/${resource.resource}/${subresource} ${scope} ${code}`;
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
