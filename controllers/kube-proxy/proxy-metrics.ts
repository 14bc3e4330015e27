import { Counter, exponentialBuckets, Gauge, Histogram, linearBuckets, type Registry } from 'prom-client';
import type { ProxyHealthAnswers } from '../../client/proxy-health.ts';
import { ChangeTriggers } from './change-triggers.ts';
import type { ProxyModeName } from './configuration/proxy-config.ts';
import { IP_FAMILIES, type IpFamily } from './ip-family.ts';
import { type AccountName, INVALID_DROPPED, LOCALHOST_ACCEPTED } from './iptables/accounts.ts';
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

type FamilyName = IpFamily['name'];
type Metric = Histogram<string> | Gauge<string> | Counter<string>;

/**
 * kube-proxy's metrics (k8s pkg/proxy/metrics/metrics.go). One process serves all nodes: histograms and counters
 * are of all nodes' syncs, gauges of the node synced last.
 */
export class ProxyMetrics {
  readonly triggers: Readonly<Record<FamilyName, ChangeTriggers>> = {
    IPv4: new ChangeTriggers(),
    IPv6: new ChangeTriggers(),
  };
  readonly #registry: Registry;
  readonly #latency = latency(`${SYNC}_duration_seconds`, 'How long syncs took');
  readonly #fullLatency = latency(
    'kubeproxy_sync_full_proxy_rules_duration_seconds',
    'How long syncs took that wrote everything',
  );
  readonly #partialLatency = latency(
    'kubeproxy_sync_partial_proxy_rules_duration_seconds',
    'How long syncs took that wrote what had changed',
  );
  readonly #conntrackLatency = latency(
    'kubeproxy_conntrack_reconciler_sync_duration_seconds',
    'How long it took to look for stale flows',
  );
  readonly #conntrackDeleted = counter(
    'kubeproxy_conntrack_reconciler_deleted_entries_total',
    'Stale flows that were forgotten',
    FAMILY,
  );
  readonly #programming = histogram(
    'kubeproxy_network_programming_duration_seconds',
    'From a change of endpoints until a node has it',
    PROGRAMMING_BUCKETS,
  );
  readonly #lastSync = gauge(`${SYNC}_last_timestamp_seconds`, 'When rules were last written', FAMILY);
  readonly #lastQueued = gauge(
    `${SYNC}_last_queued_timestamp_seconds`,
    'When a sync was last asked for',
    FAMILY,
  );
  readonly #changes = {
    endpoint: changesOf('endpoint', 'endpoints'),
    service: changesOf('service', 'Services'),
  };
  readonly #answers = {
    healthz: counter('kubeproxy_proxy_healthz_total', 'Answers to /healthz', 'code'),
    livez: counter('kubeproxy_proxy_livez_total', 'Answers to /livez', 'code'),
  };
  readonly #rules = gauge(`${SYNC}_iptables_total`, 'Rules of kube-proxy', 'table', FAMILY);
  readonly #rulesLast = gauge(`${SYNC}_iptables_last`, 'Rules the last sync wrote', 'table', FAMILY);
  readonly #failures = {
    restore: counter(`${SYNC}_iptables_restore_failures_total`, 'Failed iptables-restore', FAMILY),
    partialRestore: counter(
      `${SYNC}_iptables_partial_restore_failures_total`,
      'Failed iptables-restore of what had changed',
      FAMILY,
    ),
    nftables: counter(`${SYNC}_nftables_sync_failures_total`, 'Failed nft transactions', FAMILY),
    nftablesCleanup: counter(
      `${SYNC}_nftables_cleanup_failures_total`,
      'Failed deletions of stale nft chains',
      FAMILY,
    ),
  };
  readonly #noLocal = gauge(
    `${SYNC}_no_local_endpoints_total`,
    'Ports with a Local policy and no local endpoints',
    'traffic_policy',
    FAMILY,
  );
  readonly #packets: Readonly<Record<AccountName, Counter<string>>> = {
    [INVALID_DROPPED]: counter(
      'kubeproxy_iptables_ct_state_invalid_dropped_packets_total',
      'Packets dropped as conntrack called them invalid',
    ),
    [LOCALHOST_ACCEPTED]: counter(
      'kubeproxy_iptables_localhost_nodeports_accepted_packets_total',
      'Packets to node ports of localhost',
    ),
  };
  /** What each node had counted, by the node and the account. */
  readonly #packetsBefore = new Map<string, ReadonlyMap<AccountName, number>>();
  readonly #ofModes: Readonly<Record<ProxyModeName, readonly Metric[]>>;
  /** The names of those that only some modes have. */
  #shown: readonly string[] = [];

  constructor(registry: Registry) {
    this.#registry = registry;
    const { restore, partialRestore, nftables, nftablesCleanup } = this.#failures;
    const latencies = [this.#fullLatency, this.#partialLatency];
    const rules = [this.#rules, this.#rulesLast];
    this.#ofModes = {
      iptables: [...latencies, restore, partialRestore, ...rules, ...Object.values(this.#packets)],
      ipvs: [restore],
      nftables: [...latencies, nftables, nftablesCleanup],
    };
    for (const metric of [
      this.#latency,
      this.#lastSync,
      this.#lastQueued,
      this.#programming,
      this.#noLocal,
      this.#conntrackLatency,
      this.#conntrackDeleted,
      ...Object.values(this.#changes).flatMap(({ total, pending }) => [total, pending]),
      ...Object.values(this.#answers),
    ])
      registry.registerMetric(metric);
  }

  /** Has the metrics that there are in a mode, and none of others. */
  show(mode: ProxyModeName): void {
    for (const name of this.#shown) this.#registry.removeSingleMetric(name);
    const always = this.#registered();
    for (const metric of this.#ofModes[mode]) this.#registry.registerMetric(metric);
    this.#shown = this.#registered().filter((name) => !always.includes(name));
  }

  /** Something was said of a Service, which is looked at for each family. */
  serviceSeen(): void {
    this.#changes.service.total.inc(IP_FAMILIES.length);
    this.#changes.service.pending.inc();
  }

  /** Something was said of an EndpointSlice; rules may depend on it. */
  sliceSeen(isChange: boolean): void {
    this.#changes.endpoint.total.inc();
    if (isChange) this.#changes.endpoint.pending.inc();
  }

  /** A family's endpoints have changed, at a time in milliseconds. */
  triggered(family: string | undefined, time: number): void {
    if (family === 'IPv4' || family === 'IPv6') this.triggers[family].add(time);
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

  /** Stale flows were looked for, and some forgotten. */
  reconciled({ name }: IpFamily, deleted: number, tookMs: number): void {
    this.#conntrackLatency.observe({ [FAMILY]: name }, tookMs / 1000);
    this.#conntrackDeleted.inc({ [FAMILY]: name }, deleted);
  }

  /** A node has answered in kube-proxy's name. */
  answered(answers: ProxyHealthAnswers): void {
    for (const what of ['healthz', 'livez'] as const)
      for (const [code, count] of Object.entries(answers[what])) this.#answers[what].inc({ code }, count);
  }

  /** What a node's accounts hold; less than before is all new. */
  counted(node: string, packets: ReadonlyMap<AccountName, number>): void {
    for (const [account, count] of packets) {
      const before = this.#packetsBefore.get(node)?.get(account) ?? 0;
      this.#packets[account].inc(count < before ? count : count - before);
    }
    this.#packetsBefore.set(node, packets);
  }

  #registered(): string[] {
    return this.#registry.getMetricsAsArray().map(({ name }) => name);
  }
}

function changesOf(what: string, plural: string): { total: Counter<string>; pending: Gauge<string> } {
  return {
    total: counter(`${SYNC}_${what}_changes_total`, `Changes of ${plural}`),
    pending: gauge(`${SYNC}_${what}_changes_pending`, `Changes of ${plural} not yet on their way`),
  };
}

function latency(name: string, help: string): Histogram<string> {
  return histogram(name, help, SYNC_BUCKETS);
}

function histogram(name: string, help: string, buckets: number[]): Histogram<string> {
  return new Histogram({ name, help, buckets, labelNames: [FAMILY], registers: [] });
}

function gauge(name: string, help: string, ...labelNames: string[]): Gauge<string> {
  return new Gauge({ name, help, labelNames, registers: [] });
}

function counter(name: string, help: string, ...labelNames: string[]): Counter<string> {
  return new Counter({ name, help, labelNames, registers: [] });
}
