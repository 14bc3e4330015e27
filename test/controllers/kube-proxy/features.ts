import type { ProxyConfig } from '../../../controllers/kube-proxy/configuration/proxy-config.ts';
import type { EndpointInfo } from '../../../controllers/kube-proxy/endpoint-info.ts';
import { IPV4, type IpFamily } from '../../../controllers/kube-proxy/ip-family.ts';
import type { ProxiedPort, ServicePortInfo } from '../../../controllers/kube-proxy/service-port.ts';
import { proxiedPort } from './proxied-port.ts';

interface Addresses {
  readonly clusterIp: string;
  readonly external: string;
  readonly balancer: string;
  /** Holds the node's address. */
  readonly nodes: string;
  readonly others: string;
  readonly here: string;
  readonly there: string;
}

const IPV4_ADDRESSES: Addresses = {
  clusterIp: '10.96.0.10',
  external: '192.0.2.1',
  balancer: '192.0.2.2',
  nodes: '172.18.0.0/16',
  others: '198.51.100.0/24',
  here: '10.244.1.2',
  there: '10.244.2.2',
};
const IPV6_ADDRESSES: Addresses = {
  clusterIp: 'fd00:96::10',
  external: '2001:db8::1',
  balancer: '2001:db8::2',
  nodes: 'fd00:18::/64',
  others: '2001:db8:1::/48',
  here: 'fd00:244:0:1::2',
  there: 'fd00:244:0:2::2',
};

/** A thing that Services, or the configuration, may have, with Services that have it. */
export interface Feature {
  readonly name: string;
  readonly ports: readonly ProxiedPort[];
  readonly config?: Partial<ProxyConfig>;
}

/** Each with two endpoints, one of them on the node, unless it is about endpoints. */
export function features(family: IpFamily): readonly Feature[] {
  const a = family === IPV4 ? IPV4_ADDRESSES : IPV6_ADDRESSES;
  const here = { ip: a.here, nodeName: 'node-1' };
  const there = { ip: a.there, nodeName: 'node-2' };
  const port = (
    more: Partial<ServicePortInfo> = {},
    endpoints: readonly Partial<EndpointInfo>[] = [here, there],
  ): ProxiedPort => proxiedPort({ clusterIp: a.clusterIp, ...more, endpoints });
  const external = { nodePort: 30_080, externalIps: [a.external], loadBalancerIps: [a.balancer] };
  const leaving = { ready: false, serving: true, terminating: true };
  return [
    { name: 'ClusterIP', ports: [port()] },
    { name: 'UDP', ports: [port({ protocol: 'udp' })] },
    { name: 'SCTP', ports: [port({ protocol: 'sctp' })] },
    { name: 'two ports', ports: [port(), port({ name: 'default/web:https', port: 443 })] },
    { name: 'session affinity', ports: [port({ affinitySeconds: 10_800 })] },
    { name: 'no endpoints', ports: [port({}, [])] },
    {
      name: 'endpoints that only terminate',
      ports: [
        port({}, [
          { ...here, ...leaving },
          { ...there, ...leaving, serving: false },
        ]),
      ],
    },
    { name: 'internal policy Local', ports: [port({ internalLocal: true })] },
    { name: 'internal policy Local, none here', ports: [port({ internalLocal: true }, [there])] },
    { name: 'NodePort', ports: [port({ nodePort: 30_080 })] },
    { name: 'NodePort of SCTP', ports: [port({ nodePort: 30_080, protocol: 'sctp' })] },
    { name: 'external IP', ports: [port({ externalIps: [a.external] })] },
    { name: 'LoadBalancer', ports: [port({ nodePort: 30_080, loadBalancerIps: [a.balancer] })] },
    {
      name: 'LoadBalancer, source ranges without the node',
      ports: [port({ loadBalancerIps: [a.balancer], loadBalancerSourceRanges: [a.others] })],
    },
    {
      name: 'LoadBalancer, source ranges with the node',
      ports: [port({ loadBalancerIps: [a.balancer], loadBalancerSourceRanges: [a.others, a.nodes] })],
    },
    { name: 'everything external', ports: [port(external)] },
    { name: 'everything external, no endpoints', ports: [port(external, [])] },
    { name: 'external policy Local', ports: [port({ ...external, externalLocal: true })] },
    {
      name: 'external policy Local, none here',
      ports: [port({ ...external, externalLocal: true }, [there])],
    },
    {
      name: 'external policy Local, health check port',
      ports: [port({ ...external, externalLocal: true, healthCheckNodePort: 30_999 })],
    },
    { name: 'masqueradeAll', ports: [port(external)], config: { masqueradeAll: true } },
    {
      name: 'no clusterCIDR',
      ports: [port({ ...external, externalLocal: true })],
      config: { clusterCidrs: [] },
    },
    {
      name: "the node's pods by its own network",
      ports: [port({ ...external, externalLocal: true })],
      config: { detectLocal: { mode: 'NodeCIDR' } },
    },
    {
      name: "the node's pods by their bridge",
      ports: [port({ ...external, externalLocal: true })],
      config: { detectLocal: { mode: 'BridgeInterface', bridge: 'cni0' } },
    },
    {
      name: "the node's pods by the beginning of devices' names",
      ports: [port({ ...external, externalLocal: true })],
      config: { detectLocal: { mode: 'InterfaceNamePrefix', prefix: 'cali' } },
    },
    {
      name: 'no node ports at localhost',
      ports: [port({ nodePort: 30_080 })],
      config: { localhostNodePorts: false },
    },
    {
      name: 'node ports at the primary address',
      ports: [port({ nodePort: 30_080 })],
      config: { nodePortAddresses: 'primary' },
    },
    {
      name: "node ports in networks of the node's",
      ports: [port({ nodePort: 30_080 })],
      config: { nodePortAddresses: ['10.244.0.0/16', '172.18.0.0/16', '127.0.0.0/8', 'fd00:18::/64'] },
    },
    {
      name: 'node ports everywhere',
      ports: [port({ nodePort: 30_080 })],
      config: { nodePortAddresses: ['0.0.0.0/0', '::/0'] },
    },
  ];
}
