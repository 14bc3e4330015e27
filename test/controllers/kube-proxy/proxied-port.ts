import type { EndpointInfo } from '../../../controllers/kube-proxy/endpoint-info.ts';
import type { ProxiedPort, ServicePortInfo } from '../../../controllers/kube-proxy/service-port.ts';

/** A Service's port for tests: what is not given is as plain as can be. */
export function proxiedPort(
  options: Partial<ServicePortInfo> & { readonly endpoints?: readonly Partial<EndpointInfo>[] } = {},
): ProxiedPort {
  const { endpoints = [], ...service } = options;
  return {
    service: {
      name: 'default/web:http',
      protocol: 'tcp',
      port: 80,
      nodePort: 0,
      clusterIp: '10.96.0.10',
      externalIps: [],
      loadBalancerIps: [],
      loadBalancerSourceRanges: [],
      affinitySeconds: 0,
      externalLocal: false,
      internalLocal: false,
      healthCheckNodePort: 0,
      ...service,
    },
    endpoints: endpoints.map((endpoint) => ({
      ip: '10.244.0.2',
      port: 8080,
      nodeName: 'node-1',
      ready: true,
      serving: true,
      terminating: false,
      ...endpoint,
    })),
  };
}
