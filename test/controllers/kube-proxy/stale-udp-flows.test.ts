import { describe, expect, it } from 'vitest';
import { IPV4, IPV6 } from '../../../controllers/kube-proxy/ip-family.ts';
import { sameServers, staleUdpFlows, udpServers } from '../../../controllers/kube-proxy/stale-udp-flows.ts';
import { proxiedPort } from './proxied-port.ts';

const udp = { protocol: 'udp' as const, port: 53 };
const flow = (to: string, port: number, from: string, fromPort: number): string =>
  `udp      17 29 src=10.244.0.9 dst=${to} sport=40000 dport=${port} [UNREPLIED] src=${from} dst=10.244.0.9 sport=${fromPort} dport=40000 mark=0 use=1`;
const stale = (flows: string[], ...ports: ReturnType<typeof proxiedPort>[]): string[] =>
  staleUdpFlows(flows.join('\n'), udpServers(ports), IPV4).map((argv) => argv.join(' '));
const forget = (to: string, port: number, from: string, fromPort: number): string =>
  `conntrack -D -f ipv4 -p udp --orig-dst ${to} --orig-port-dst ${port} --reply-src ${from} --reply-port-src ${fromPort}`;

describe('a UDP flow', () => {
  const service = proxiedPort({
    ...udp,
    nodePort: 30053,
    externalIps: ['192.0.2.1'],
    loadBalancerIps: ['192.0.2.2'],
    endpoints: [{}, { ip: '10.244.0.3', serving: false }],
  });

  it.each([
    ['10.96.0.10', 53],
    ['192.0.2.1', 53],
    ['192.0.2.2', 53],
    ['172.18.0.2', 30053],
  ])('to %s port %i is forgotten unless a serving endpoint answers it', (to, port) => {
    expect(stale([flow(to, port, '10.244.0.2', 8080)], service)).toEqual([]);
    expect(stale([flow(to, port, '10.244.0.2', 8081)], service)).toEqual([
      forget(to, port, '10.244.0.2', 8081),
    ]);
    expect(stale([flow(to, port, '10.244.0.3', 8080)], service)).toEqual([
      forget(to, port, '10.244.0.3', 8080),
    ]);
    expect(stale([flow(to, port, to, port)], service)).toEqual([forget(to, port, to, port)]);
  });

  it('that goes elsewhere, or to a Service of TCP, is left alone', () => {
    const flows = [flow('10.96.0.10', 54, '10.244.0.7', 1), flow('10.96.0.11', 53, '10.244.0.7', 1)];
    expect(stale(flows, service)).toEqual([]);
    expect(stale([flow('10.96.0.10', 80, '10.244.0.7', 1)], proxiedPort())).toEqual([]);
  });

  it('to a Service that nobody serves is left alone', () => {
    const idle = proxiedPort({ ...udp, nodePort: 30053, endpoints: [{ serving: false }] });
    const flows = [flow('10.96.0.10', 53, '10.244.0.7', 1), flow('172.18.0.2', 30053, '10.244.0.7', 1)];
    expect(stale(flows, idle)).toEqual([]);
  });

  it('is forgotten with others of its kind at once', () => {
    const one = flow('10.96.0.10', 53, '10.244.0.7', 53);
    expect(stale([one, one.replaceAll('40000', '40001')], service)).toEqual([
      forget('10.96.0.10', 53, '10.244.0.7', 53),
    ]);
  });

  it('of IPv6 is forgotten in its family', () => {
    const six = proxiedPort({ ...udp, clusterIp: 'fd00:10:96::a', endpoints: [{ ip: 'fd00::3', port: 53 }] });
    const line = flow('fd00:10:96::a', 53, 'fd00::2', 53);
    expect(staleUdpFlows(line, udpServers([six]), IPV6)).toEqual([
      `conntrack -D -f ipv6 -p udp --orig-dst fd00:10:96::a --orig-port-dst 53 --reply-src fd00::2 --reply-port-src 53`.split(
        ' ',
      ),
    ]);
  });
});

it('servers are the same while the serving endpoints are', () => {
  const of = (...endpoints: object[]) => udpServers([proxiedPort({ ...udp, nodePort: 30053, endpoints })]);
  expect(sameServers(of({}), of({ nodeName: 'node-2', ready: false }))).toBe(true);
  expect(sameServers(of({}), of({ serving: false }))).toBe(false);
  expect(sameServers(of({}), of({}, { ip: '10.244.0.3' }))).toBe(false);
  expect(sameServers(of({}), of({ ip: '10.244.0.3' }))).toBe(false);
  expect(sameServers(of({}), udpServers([]))).toBe(false);
});
