import { describe, expect, it } from 'vitest';
import { IPV4, IPV6 } from '../../../controllers/kube-proxy/ip-family.ts';
import { endpointsByPort, servicePorts } from '../../../controllers/kube-proxy/service-port.ts';
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
