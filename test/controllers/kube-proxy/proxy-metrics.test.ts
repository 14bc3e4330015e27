import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { IPV4 } from '../../../controllers/kube-proxy/ip-family.ts';
import { ProxyMetrics } from '../../../controllers/kube-proxy/proxy-metrics.ts';

/** Names, types and labels of kube-proxy 1.33. */
const REAL = {
  kubeproxy_sync_proxy_rules_duration_seconds: 'histogram ip_family',
  kubeproxy_sync_full_proxy_rules_duration_seconds: 'histogram ip_family',
  kubeproxy_sync_partial_proxy_rules_duration_seconds: 'histogram ip_family',
  kubeproxy_sync_proxy_rules_last_timestamp_seconds: 'gauge ip_family',
  kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds: 'gauge ip_family',
  kubeproxy_network_programming_duration_seconds: 'histogram ip_family',
  kubeproxy_sync_proxy_rules_endpoint_changes_pending: 'gauge',
  kubeproxy_sync_proxy_rules_endpoint_changes_total: 'counter',
  kubeproxy_sync_proxy_rules_service_changes_pending: 'gauge',
  kubeproxy_sync_proxy_rules_service_changes_total: 'counter',
  kubeproxy_sync_proxy_rules_iptables_total: 'gauge ip_family,table',
  kubeproxy_sync_proxy_rules_iptables_last: 'gauge ip_family,table',
  kubeproxy_sync_proxy_rules_iptables_restore_failures_total: 'counter ip_family',
  kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total: 'counter ip_family',
  kubeproxy_sync_proxy_rules_nftables_sync_failures_total: 'counter ip_family',
  kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total: 'counter ip_family',
  kubeproxy_sync_proxy_rules_no_local_endpoints_total: 'gauge ip_family,traffic_policy',
};

function eventful(): Registry {
  const registry = new Registry();
  const metrics = new ProxyMetrics(registry);
  metrics.changed('service');
  metrics.changed('endpoint', 9000);
  metrics.queued(9500);
  const iptables = { nat: { total: 100, last: 7 }, filter: { total: 20, last: 0 } };
  metrics.synced(IPV4, { isFull: true, iptables, cleanupFailed: true }, 3, 10_000);
  metrics.synced(IPV4, { isFull: false }, 3, 10_000);
  metrics.failed(IPV4, 'iptables', false);
  metrics.failed(IPV4, 'nftables', true);
  metrics.programmed(IPV4, metrics.triggers.since(0), 10_500);
  metrics.noLocalEndpoints(IPV4, { internal: 1, external: 2 });
  return registry;
}

it('has the real names, types and labels', async () => {
  const found: Record<string, string> = {};
  for (const { name, type, values } of await eventful().getMetricsAsJSON()) {
    const labels = new Set(values.flatMap((value) => Object.keys(value.labels)));
    labels.delete('le');
    found[name] = [type, [...labels].sort().join(',')].join(' ').trim();
  }
  expect(found).toEqual(REAL);
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
  ])
    expect(text).toContain(line);
});
