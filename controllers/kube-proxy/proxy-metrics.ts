import { Counter, exponentialBuckets, Gauge, Histogram, linearBuckets, type Registry } from 'prom-client';
import { ChangeTriggers } from './change-triggers.ts';
import type { ProxyModeName } from './configuration/proxy-config.ts';
import { IP_FAMILIES, type IpFamily } from './ip-family.ts';
import type { NoLocalEndpoints } from './no-local-endpoints.ts';
import type { SyncReport } from './proxier.ts';

const SYNC_BUCKETS = exponentialBuckets(0.001, 2, 15);
const PROGRAMMING_BUCKETS = [
  ...linearBuckets(0.25, 0.25, 2),
  ...linearBuckets(1, 1, 59),
  ...linearBuckets(60, 5, 12),
  ...linearBuckets(120, 30, 7),
];
const FAMILY = 'ip_family';
const SYNC = 'kubeproxy_sync_proxy_rules';

/**
 * kube-proxy's metrics (k8s pkg/proxy/metrics/metrics.go). One process serves all nodes: histograms and counters
 * are of all nodes' syncs, gauges of the node synced last.
 */
export class ProxyMetrics {
  readonly triggers = new ChangeTriggers();
  readonly #registers: [Registry];
  readonly #latency;
  readonly #fullLatency;
  readonly #partialLatency;
  readonly #lastSync;
  readonly #lastQueued;
  readonly #programming;
  readonly #changes;
  readonly #rules;
  readonly #rulesLast;
  readonly #failures;
  readonly #noLocal;

  constructor(registry: Registry) {
    this.#registers = [registry];
    const latency = (name: string, help: string) => this.#histogram(name, help, SYNC_BUCKETS);
    this.#latency = latency(`${SYNC}_duration_seconds`, 'How long syncs took');
    this.#fullLatency = latency(
      'kubeproxy_sync_full_proxy_rules_duration_seconds',
      'How long syncs took that wrote everything',
    );
    this.#partialLatency = latency(
      'kubeproxy_sync_partial_proxy_rules_duration_seconds',
      'How long syncs took that wrote what had changed',
    );
    this.#programming = this.#histogram(
      'kubeproxy_network_programming_duration_seconds',
      'From a change of endpoints until a node has it',
      PROGRAMMING_BUCKETS,
    );
    this.#lastSync = this.#gauge(`${SYNC}_last_timestamp_seconds`, 'When rules were last written', FAMILY);
    this.#lastQueued = this.#gauge(
      `${SYNC}_last_queued_timestamp_seconds`,
      'When a sync was last asked for',
      FAMILY,
    );
    this.#changes = {
      endpoint: this.#changesOf('endpoint', 'endpoints'),
      service: this.#changesOf('service', 'Services'),
    };
    this.#rules = this.#gauge(`${SYNC}_iptables_total`, 'Rules of kube-proxy', 'table', FAMILY);
    this.#rulesLast = this.#gauge(`${SYNC}_iptables_last`, 'Rules the last sync wrote', 'table', FAMILY);
    this.#failures = {
      restore: this.#counter(`${SYNC}_iptables_restore_failures_total`, 'Failed iptables-restore', FAMILY),
      partialRestore: this.#counter(
        `${SYNC}_iptables_partial_restore_failures_total`,
        'Failed iptables-restore of what had changed',
        FAMILY,
      ),
      nftables: this.#counter(`${SYNC}_nftables_sync_failures_total`, 'Failed nft transactions', FAMILY),
      nftablesCleanup: this.#counter(
        `${SYNC}_nftables_cleanup_failures_total`,
        'Failed deletions of stale nft chains',
        FAMILY,
      ),
    };
    this.#noLocal = this.#gauge(
      `${SYNC}_no_local_endpoints_total`,
      'Ports with a Local policy and no local endpoints',
      'traffic_policy',
      FAMILY,
    );
  }

  /** A Service, or its endpoints, have changed; `triggerTime` says since when, in milliseconds. */
  changed(what: 'endpoint' | 'service', triggerTime?: number): void {
    this.#changes[what].total.inc();
    this.#changes[what].pending.inc();
    if (triggerTime !== undefined) this.triggers.add(triggerTime);
  }

  queued(now: number): void {
    for (const { name } of IP_FAMILIES) this.#lastQueued.set({ [FAMILY]: name }, now / 1000);
  }

  /** All changes so far are on their way to the nodes. */
  taken(): void {
    this.#changes.endpoint.pending.set(0);
    this.#changes.service.pending.set(0);
  }

  synced({ name }: IpFamily, report: SyncReport, tookMs: number, now: number): void {
    const labels = { [FAMILY]: name };
    this.#latency.observe(labels, tookMs / 1000);
    (report.isFull ? this.#fullLatency : this.#partialLatency).observe(labels, tookMs / 1000);
    this.#lastSync.set(labels, now / 1000);
    for (const [table, { total, last }] of Object.entries(report.iptables ?? {})) {
      this.#rules.set({ table, ...labels }, total);
      this.#rulesLast.set({ table, ...labels }, last);
    }
    if (report.cleanupFailed) this.#failures.nftablesCleanup.inc(labels);
  }

  failed({ name }: IpFamily, mode: ProxyModeName, isFull: boolean): void {
    const labels = { [FAMILY]: name };
    if (mode === 'nftables') return this.#failures.nftables.inc(labels);
    this.#failures.restore.inc(labels);
    if (!isFull) this.#failures.partialRestore.inc(labels);
  }

  programmed({ name }: IpFamily, triggerTimes: readonly number[], now: number): void {
    for (const time of triggerTimes)
      this.#programming.observe({ [FAMILY]: name }, Math.max(0, now - time) / 1000);
  }

  noLocalEndpoints({ name }: IpFamily, { internal, external }: NoLocalEndpoints): void {
    this.#noLocal.set({ traffic_policy: 'internal', [FAMILY]: name }, internal);
    this.#noLocal.set({ traffic_policy: 'external', [FAMILY]: name }, external);
  }

  #changesOf(what: string, plural: string): { total: Counter; pending: Gauge } {
    return {
      total: this.#counter(`${SYNC}_${what}_changes_total`, `Changes of ${plural}`),
      pending: this.#gauge(`${SYNC}_${what}_changes_pending`, `Changes of ${plural} not yet on their way`),
    };
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram<string> {
    return new Histogram({ name, help, buckets, labelNames: [FAMILY], registers: this.#registers });
  }

  #gauge(name: string, help: string, ...labelNames: string[]): Gauge<string> {
    return new Gauge({ name, help, labelNames, registers: this.#registers });
  }

  #counter(name: string, help: string, ...labelNames: string[]): Counter<string> {
    return new Counter({ name, help, labelNames, registers: this.#registers });
  }
}
