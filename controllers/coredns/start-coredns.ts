import type { ControllerContext } from '../../client/controller-context.ts';
import type { HostEndpoint, HostNetwork } from '../../platform/host-network.ts';
import { type DnsServer, startDnsServer } from './dns-server.ts';
import { ForwardPlugin } from './forward/forward-plugin.ts';
import { informerDnsState } from './kubernetes/informer-state.ts';
import { KubernetesPlugin } from './kubernetes/kubernetes-plugin.ts';
import { LoadBalancePlugin } from './load-balance-plugin.ts';
import type { DnsPlugin } from './plugin.ts';

export interface CorednsOptions {
  readonly network: HostNetwork;
  readonly listen: HostEndpoint;
  readonly zone: string;
  readonly ttl: number;
  /** The address of the cluster's DNS Service. */
  readonly clusterDnsIp: string;
  readonly upstreams: readonly HostEndpoint[];
}

/** Answers DNS for the cluster. It listens at once and knows the cluster when the promise resolves. */
export async function startCoredns(context: ControllerContext, options: CorednsOptions): Promise<DnsServer> {
  const { clock, informers, logger, metrics, rng, signal } = context;
  const { network, listen, zone, ttl, upstreams, clusterDnsIp } = options;
  const state = informerDnsState(informers);
  const kubernetes = new KubernetesPlugin({ zone, ttl, state, nameServerIps: () => [clusterDnsIp] });
  const forward = new ForwardPlugin({ network, clock, rng, upstreams });
  const plugins: readonly DnsPlugin[] = [new LoadBalancePlugin(rng, [kubernetes, forward])];
  const server = await startDnsServer({ network, listen, plugins, metrics, logger });
  signal.addEventListener('abort', () => void server.close(), { once: true });
  await informers.start(signal);
  return server;
}
