import { describe, expect, it } from 'vitest';
import { endpointsByPort } from '../../../controllers/kube-proxy/endpoint-info.ts';
import { IPV4, IPV6 } from '../../../controllers/kube-proxy/ip-family.ts';
import { servicePorts } from '../../../controllers/kube-proxy/service-port.ts';
import type { EndpointSlice, Service } from '../../../openapi/generated/types.ts';

const BOTH: Service = {
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    type: 'LoadBalancer',
    clusterIP: 'fd00:96::1',
    clusterIPs: ['fd00:96::1', '10.96.0.1'],
    ipFamilies: ['IPv6', 'IPv4'],
    externalIPs: ['192.0.2.1', '2001:db8::1'],
    loadBalancerSourceRanges: ['198.51.100.0/24 ', '2001:db8:1::/48'],
    ports: [{ port: 80, nodePort: 30_080 }],
  },
  status: {
    loadBalancer: {
      ingress: [{ ip: '192.0.2.2' }, { ip: '2001:db8::2' }, { ip: '192.0.2.3', ipMode: 'Proxy' }],
    },
  },
};

describe('the ports of a Service', () => {
  it('are split by family', () => {
    expect(servicePorts(BOTH, IPV4)).toMatchObject([
      {
        clusterIp: '10.96.0.1',
        externalIps: ['192.0.2.1'],
        loadBalancerIps: ['192.0.2.2'],
        loadBalancerSourceRanges: ['198.51.100.0/24'],
        nodePort: 30_080,
      },
    ]);
    expect(servicePorts(BOTH, IPV6)).toMatchObject([
      {
        clusterIp: 'fd00:96::1',
        externalIps: ['2001:db8::1'],
        loadBalancerIps: ['2001:db8::2'],
        loadBalancerSourceRanges: ['2001:db8:1::/48'],
      },
    ]);
  });

  it('are none in a family without a ClusterIP', () => {
    const spec = { ...BOTH.spec, clusterIP: '10.96.0.1', clusterIPs: [] };
    expect(servicePorts({ ...BOTH, spec }, IPV4)).toHaveLength(1);
    expect(servicePorts({ ...BOTH, spec }, IPV6)).toEqual([]);
    expect(servicePorts({ ...BOTH, spec: { ...spec, clusterIP: 'None' } }, IPV4)).toEqual([]);
  });

  it.each([
    [{ type: 'LoadBalancer', healthCheckNodePort: 30_999 }, true, 30_999],
    [{ type: 'LoadBalancer', externalTrafficPolicy: 'Cluster', healthCheckNodePort: 30_999 }, false, 0],
    [{ type: 'NodePort', healthCheckNodePort: 30_999 }, true, 0],
    [{ type: 'ClusterIP' }, true, 0],
    [{ type: 'ClusterIP', externalIPs: [] }, false, 0],
  ])('have an external policy and a health check where that means something: %j', (more, local, port) => {
    const spec = { ...BOTH.spec, externalTrafficPolicy: 'Local', ...more };
    expect(servicePorts({ ...BOTH, spec }, IPV4)).toMatchObject([
      { externalLocal: local, healthCheckNodePort: port },
    ]);
  });

  it('have addresses and networks as Go prints them, and leave out what is neither', () => {
    const spec = {
      ...BOTH.spec,
      clusterIPs: ['10.096.000.001', 'FD00:96:0:0::0001'],
      externalIPs: ['192.0.2.010', 'nowhere', '2001:DB8:0:0:0:0:0:1'],
      loadBalancerSourceRanges: [
        ' 198.51.100.77/024',
        '\t2001:db8:1::7/48 ',
        '198.51.100.1',
        '10.0.0.0/33',
        'x',
      ],
    };
    const status = { loadBalancer: { ingress: [{ ip: '192.0.02.2' }, { hostname: 'lb.example' }] } };
    expect(servicePorts({ ...BOTH, spec, status }, IPV4)).toMatchObject([
      {
        clusterIp: '10.96.0.1',
        externalIps: ['192.0.2.10'],
        loadBalancerIps: ['192.0.2.2'],
        loadBalancerSourceRanges: ['198.51.100.0/24'],
      },
    ]);
    expect(servicePorts({ ...BOTH, spec, status }, IPV6)).toMatchObject([
      {
        clusterIp: 'fd00:96::1',
        externalIps: ['2001:db8::1'],
        loadBalancerIps: [],
        loadBalancerSourceRanges: ['2001:db8:1::/48'],
      },
    ]);
  });

  it('have endpoints that are ready and serve unless they say otherwise', () => {
    const conditions = [{}, { ready: false }, { ready: false, serving: false }, { terminating: true }];
    const slice: EndpointSlice = {
      metadata: {},
      addressType: 'IPv4',
      endpoints: [
        ...conditions.map((each, i) => ({ addresses: [`10.244.01.${i}`], conditions: each })),
        { addresses: [] },
        { addresses: ['nowhere'] },
      ],
      ports: [
        { name: '', port: 8080, protocol: 'TCP' },
        { name: 'none', port: 0, protocol: 'TCP' },
      ],
    };
    const found = endpointsByPort([slice], IPV4);
    expect([...found.keys()]).toEqual(['tcp/']);
    expect(found.get('tcp/')).toMatchObject([
      { ip: '10.244.1.0', ready: true, serving: true, terminating: false },
      { ip: '10.244.1.1', ready: false, serving: true, terminating: false },
      { ip: '10.244.1.2', ready: false, serving: false, terminating: false },
      { ip: '10.244.1.3', ready: true, serving: true, terminating: true },
    ]);
  });

  it('have the endpoints of slices of their family', () => {
    const slice = (addressType: string, address: string): EndpointSlice => ({
      metadata: {},
      addressType,
      endpoints: [{ addresses: [address] }],
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    });
    const slices = [slice('IPv4', '10.244.1.2'), slice('IPv6', 'fd00:244::2'), slice('FQDN', 'example.com')];
    const ips = (family: typeof IPV4) =>
      [...endpointsByPort(slices, family).values()].flat().map(({ ip }) => ip);
    expect(ips(IPV4)).toEqual(['10.244.1.2']);
    expect(ips(IPV6)).toEqual(['fd00:244::2']);
  });
});
