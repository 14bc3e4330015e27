import { expect, it } from 'vitest';
import { staleUdpFlows } from '../../../controllers/kube-proxy/stale-udp-flows.ts';
import { proxiedPort } from './proxied-port.ts';

const udp = { protocol: 'udp' as const };

it('forgets flows to an endpoint that is gone', () => {
  const before = [proxiedPort({ ...udp, endpoints: [{}, { ip: '10.244.0.3' }] })];
  const after = [proxiedPort({ ...udp, endpoints: [{}] })];
  expect(staleUdpFlows(before, after)).toEqual([
    ['conntrack', '-D', '-p', 'udp', '--orig-dst', '10.96.0.10', '--reply-src', '10.244.0.3'],
  ]);
});

it('forgets flows from before the first endpoint', () => {
  expect(
    staleUdpFlows([proxiedPort(udp)], [proxiedPort({ ...udp, nodePort: 30053, endpoints: [{}] })]),
  ).toEqual([
    ['conntrack', '-D', '-p', 'udp', '--orig-dst', '10.96.0.10'],
    ['conntrack', '-D', '-p', 'udp', '--orig-port-dst', '30053'],
  ]);
});

it('leaves TCP to end by itself', () => {
  expect(staleUdpFlows([proxiedPort({ endpoints: [{}] })], [proxiedPort()])).toEqual([]);
});
