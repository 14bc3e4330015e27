import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import {
  PROXY_MODES,
  type ProxyModeName,
} from '../../../controllers/kube-proxy/configuration/proxy-config.ts';
import { IPV4, IPV6 } from '../../../controllers/kube-proxy/ip-family.ts';
import { INVALID_DROPPED } from '../../../controllers/kube-proxy/iptables/accounts.ts';
import { ProxyMetrics } from '../../../controllers/kube-proxy/proxy-metrics.ts';

/** Names, types and labels of kube-proxy 1.33, by the mode that has them. */
const EVERY_MODE = {
  kubeproxy_sync_proxy_rules_duration_seconds: 'histogram ip_family',
  kubeproxy_sync_proxy_rules_last_timestamp_seconds: 'gauge ip_family',
  kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds: 'gauge ip_family',
  kubeproxy_network_programming_duration_seconds: 'histogram ip_family',
  kubeproxy_sync_proxy_rules_endpoint_changes_pending: 'gauge',
  kubeproxy_sync_proxy_rules_endpoint_changes_total: 'counter',
  kubeproxy_sync_proxy_rules_service_changes_pending: 'gauge',
  kubeproxy_sync_proxy_rules_service_changes_total: 'counter',
  kubeproxy_sync_proxy_rules_no_local_endpoints_total: 'gauge ip_family,traffic_policy',
  kubeproxy_conntrack_reconciler_sync_duration_seconds: 'histogram ip_family',
  kubeproxy_conntrack_reconciler_deleted_entries_total: 'counter ip_family',
  kubeproxy_proxy_healthz_total: 'counter code',
  kubeproxy_proxy_livez_total: 'counter code',
};
const PARTIAL = {
  kubeproxy_sync_full_proxy_rules_duration_seconds: 'histogram ip_family',
  kubeproxy_sync_partial_proxy_rules_duration_seconds: 'histogram ip_family',
};
const OF_MODES = {
  iptables: {
    ...PARTIAL,
    kubeproxy_sync_proxy_rules_iptables_total: 'gauge ip_family,table',
    kubeproxy_sync_proxy_rules_iptables_last: 'gauge ip_family,table',
    kubeproxy_sync_proxy_rules_iptables_restore_failures_total: 'counter ip_family',
    kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total: 'counter ip_family',
    kubeproxy_iptables_ct_state_invalid_dropped_packets_total: 'counter',
    kubeproxy_iptables_localhost_nodeports_accepted_packets_total: 'counter',
  },
  ipvs: { kubeproxy_sync_proxy_rules_iptables_restore_failures_total: 'counter ip_family' },
  nftables: {
    ...PARTIAL,
    kubeproxy_sync_proxy_rules_nftables_sync_failures_total: 'counter ip_family',
    kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total: 'counter ip_family',
  },
};

function eventful(mode: ProxyModeName = 'iptables'): Registry {
  const registry = new Registry();
  const metrics = new ProxyMetrics(registry);
  metrics.show('iptables');
  metrics.show(mode);
  metrics.serviceSeen();
  for (const isChange of [true, false]) metrics.sliceSeen(isChange);
  metrics.triggered('IPv4', 9000);
  metrics.queued(9500);
  const iptables = { nat: { total: 100, last: 7 }, filter: { total: 20, last: 0 } };
  metrics.synced(IPV4, { isFull: true, iptables, cleanupFailed: true }, 3, 10_000);
  metrics.synced(IPV4, { isFull: false }, 3, 10_000);
  metrics.failed(IPV4, 'iptables', false);
  metrics.failed(IPV4, 'nftables', true);
  metrics.programmed(IPV4, metrics.triggers.IPv4.since(0), 10_500);
  metrics.programmed(IPV6, metrics.triggers.IPv6.since(0), 10_500);
  metrics.noLocalEndpoints(IPV4, { internal: 1, external: 2 });
  metrics.reconciled(IPV4, 3, 5);
  metrics.answered({ healthz: { 200: 4, 503: 1 }, livez: { 200: 2 } });
  for (const packets of [5, 7, 3]) metrics.counted('node-1', new Map([[INVALID_DROPPED, packets]]));
  metrics.counted('node-2', new Map([[INVALID_DROPPED, 100]]));
  return registry;
}

it.each(PROXY_MODES)('has the real names, types and labels of %s', async (mode) => {
  const found: Record<string, string> = {};
  for (const { name, type, values } of await eventful(mode).getMetricsAsJSON()) {
    const labels = new Set(values.flatMap((value) => Object.keys(value.labels)));
    labels.delete('le');
    found[name] = [type, [...labels].sort().join(',')].join(' ').trim();
  }
  expect(found).toEqual({ ...EVERY_MODE, ...OF_MODES[mode] });
});

it('counts what happened, with the real buckets', async () => {
  const text = await eventful().metrics();
  const bounds = (name: string): string[] =>
    [...text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"`, 'gm'))].map(([, bound]) => bound!);
  const sync = bounds('kubeproxy_sync_proxy_rules_duration_seconds');
  expect([sync.length, sync[0], sync.at(-2)]).toEqual([16, '0.001', '16.384']);
  const programming = bounds('kubeproxy_network_programming_duration_seconds');
  expect(programming).toHaveLength(81);
  expect(programming.slice(0, 4)).toEqual(['0.25', '0.5', '1', '2']);
  expect(programming.slice(-10)).toEqual([
    '110',
    '115',
    '120',
    '150',
    '180',
    '210',
    '240',
    '270',
    '300',
    '+Inf',
  ]);
  for (const line of [
    'kubeproxy_sync_proxy_rules_iptables_total{table="nat",ip_family="IPv4"} 100',
    'kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total{ip_family="IPv4"} 1',
    'kubeproxy_network_programming_duration_seconds_sum{ip_family="IPv4"} 1.5',
    'kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family="IPv4"} 1',
    'kubeproxy_sync_proxy_rules_no_local_endpoints_total{traffic_policy="external",ip_family="IPv4"} 2',
    'kubeproxy_sync_proxy_rules_service_changes_pending 1',
    'kubeproxy_sync_proxy_rules_service_changes_total 2',
    'kubeproxy_sync_proxy_rules_endpoint_changes_pending 1',
    'kubeproxy_sync_proxy_rules_endpoint_changes_total 2',
    'kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family="IPv4"} 3',
    'kubeproxy_proxy_healthz_total{code="503"} 1',
    'kubeproxy_proxy_livez_total{code="200"} 2',
    'kubeproxy_iptables_ct_state_invalid_dropped_packets_total 110',
  ])
    expect(text).toContain(line);
  expect(text).not.toContain('network_programming_duration_seconds_sum{ip_family="IPv6"}');
});
