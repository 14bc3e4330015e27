import { isAlreadyExists } from '../client/api-error.ts';
import type { RestClient } from '../client/rest-client.ts';
import type { EndpointSlice, Service } from '../openapi/generated/types.ts';
import { resources } from '../openapi/resources.ts';
import type { HostEndpoint } from '../platform/host-network.ts';
import { type ClusterConfig, HOST_IP } from './cluster-config.ts';

const NAMESPACE = 'kube-system';
const NAME = 'kube-dns';

/**
 * Puts the cluster's DNS at its address inside the simulated network: a Service without selector whose one
 * endpoint is the machine, where CoreDNS listens.
 */
export async function installClusterDns(
  client: RestClient,
  { clusterDns }: Pick<ClusterConfig, 'clusterDns'>,
  coredns: HostEndpoint,
): Promise<void> {
  await existing(
    client.create(resources.services, dnsService(clusterDns, coredns.port), { namespace: NAMESPACE }),
  );
  const slice = dnsEndpoints(coredns.port);
  const created = await existing(client.create(resources.endpointslices, slice, { namespace: NAMESPACE }));
  if (created) return;
  const patch = { endpoints: slice.endpoints, ports: slice.ports };
  await client.patch(resources.endpointslices, NAME, 'merge', patch, { namespace: NAMESPACE });
}

/**
 * Says in the cluster how kube-proxy works, where kubeadm says it. Who changes `mode` there changes the mode of
 * the running cluster.
 */
export async function installProxyConfig(
  client: RestClient,
  { clusterCidr, proxyMode }: Pick<ClusterConfig, 'clusterCidr' | 'proxyMode'>,
): Promise<void> {
  const name = 'kube-proxy';
  const data = {
    'config.conf': `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clusterCIDR: ${clusterCidr}
mode: ${proxyMode}
`,
  };
  const configMap = { metadata: { name, namespace: NAMESPACE, labels: { app: name } }, data };
  const created = await existing(client.create(resources.configmaps, configMap, { namespace: NAMESPACE }));
  if (!created) await client.patch(resources.configmaps, name, 'merge', { data }, { namespace: NAMESPACE });
}

/** Undefined if what a request would create is there already. */
function existing<T>(request: Promise<T>): Promise<T | undefined> {
  return request.catch((error) => {
    if (!isAlreadyExists(error)) throw error;
    return undefined;
  });
}

function dnsService(clusterIP: string, targetPort: number): Service {
  return {
    metadata: {
      name: NAME,
      namespace: NAMESPACE,
      labels: { 'k8s-app': NAME, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
    },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort },
      ],
    },
  };
}

function dnsEndpoints(port: number): EndpointSlice {
  return {
    metadata: {
      name: NAME,
      namespace: NAMESPACE,
      labels: { 'kubernetes.io/service-name': NAME, 'endpointslice.kubernetes.io/managed-by': 'podwire' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [HOST_IP], conditions: { ready: true, serving: true, terminating: false } }],
    ports: [
      { name: 'dns', port, protocol: 'UDP' },
      { name: 'dns-tcp', port, protocol: 'TCP' },
    ],
  };
}
