import { describe, expect, it } from 'vitest';
import { IPV4 } from '../../../../controllers/kube-proxy/ip-family.ts';
import { ServiceNames } from '../../../../controllers/kube-proxy/nftables/names.ts';
import {
  type ServiceObjects,
  serviceObjects,
} from '../../../../controllers/kube-proxy/nftables/service-objects.ts';
import * as transaction from '../../../../controllers/kube-proxy/nftables/transaction-text.ts';
import type { ProxiedPort } from '../../../../controllers/kube-proxy/service-port.ts';
import { proxiedPort } from '../proxied-port.ts';
import { testSettings } from '../rule-settings.ts';

const NODE = {
  nodeName: 'node-1',
  nodeIp: '192.168.0.2',
  zone: '',
  podCidr: '',
  settings: testSettings('nftables', { clusterCidrs: ['10.0.0.0/8'] }),
};
type Objects = Map<string, ServiceObjects>;
const differenceText = (...step: [Objects, Objects]) => transaction.differenceText(...step, IPV4);
const objects = (...ports: ProxiedPort[]): Objects =>
  new Map(ports.map((port) => serviceObjects(port, NODE)).map((each) => [each.key, each]));

const SVC1 = proxiedPort({
  name: 'ns1/svc1:p80',
  clusterIp: '172.30.0.41',
  endpoints: [{ ip: '10.180.0.1', port: 80 }],
});
const SERVICE = 'service-ULMVA6XW-ns1/svc1/tcp/p80';
const ENDPOINT = 'endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80';

it('names chains as kube-proxy does', () => {
  const names = new ServiceNames(SVC1.service);
  expect(names.chain('service')).toBe(SERVICE);
  expect(names.endpointChain(SVC1.endpoints[0]!)).toBe(ENDPOINT);
});

describe('a transaction', () => {
  it('adds a ClusterIP as kube-proxy does', () => {
    expect(differenceText(new Map(), objects(SVC1)).text).toBe(
      `add chain ip kube-proxy ${ENDPOINT}
flush chain ip kube-proxy ${ENDPOINT}
add chain ip kube-proxy ${SERVICE}
flush chain ip kube-proxy ${SERVICE}
add rule ip kube-proxy ${ENDPOINT} ip saddr 10.180.0.1 jump mark-for-masquerade
add rule ip kube-proxy ${ENDPOINT} meta l4proto tcp dnat to 10.180.0.1:80
add rule ip kube-proxy ${SERVICE} ip daddr 172.30.0.41 tcp dport 80 ip saddr != 10.0.0.0/8 jump mark-for-masquerade
add rule ip kube-proxy ${SERVICE} numgen random mod 1 vmap { 0 : goto ${ENDPOINT} }
add element ip kube-proxy cluster-ips { 172.30.0.41 }
add element ip kube-proxy service-ips { 172.30.0.41 . tcp . 80 : goto ${SERVICE} }
`,
    );
  });

  it('holds only what changed', () => {
    const other = proxiedPort({
      name: 'ns2/other',
      clusterIp: '172.30.0.42',
      endpoints: [{ ip: '10.180.0.9' }],
    });
    const changed = { ...SVC1, endpoints: [{ ...SVC1.endpoints[0]!, ip: '10.180.0.2' }] };
    const { text, staleChains } = differenceText(objects(SVC1, other), objects(changed, other));
    expect(text).not.toContain('other');
    expect(text).not.toContain('service-ips');
    expect(text).toContain('dnat to 10.180.0.2:80');
    expect(staleChains).toEqual([ENDPOINT]);
    expect(text).toContain(`flush chain ip kube-proxy ${ENDPOINT}`);
    expect(differenceText(objects(SVC1, other), objects(SVC1, other)).text).toBe('');
  });

  it('keeps shut out who is outside the source ranges, endpoints or not', () => {
    const shut = proxiedPort({
      loadBalancerIps: ['192.0.2.2'],
      loadBalancerSourceRanges: ['198.51.100.0/24'],
    });
    const { text } = differenceText(new Map(), objects(shut));
    expect(text).toContain('ip saddr != { 198.51.100.0/24 } drop\n');
    expect(text).toMatch(
      /add element ip kube-proxy firewall-ips \{ 192\.0\.2\.2 \. tcp \. 80 : goto firewall-/,
    );
  });

  it('turns a service without endpoints away', () => {
    const none = { ...SVC1, endpoints: [] };
    const { text } = differenceText(objects(SVC1), objects(none));
    expect(text).toContain('delete element ip kube-proxy service-ips { 172.30.0.41 . tcp . 80 }');
    expect(text).toContain(
      'add element ip kube-proxy no-endpoint-services { 172.30.0.41 . tcp . 80 comment "ns1/svc1:p80" : goto reject-chain }',
    );
  });
});
