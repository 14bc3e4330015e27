import { describe, expect, it } from 'vitest';
import { healthCheckedServices, isEligible } from '../../../controllers/kube-proxy/health-state.ts';
import { proxiedPort } from './proxied-port.ts';

const checked = { healthCheckNodePort: 30_999, externalLocal: true };

it('counts the ready endpoints of a node, an address once for all ports', () => {
  const endpoints = [{}, { ip: '10.244.0.3', ready: false }, { ip: '10.244.1.2', nodeName: 'node-2' }];
  const ports = [
    proxiedPort({ ...checked, endpoints }),
    proxiedPort({ ...checked, name: 'default/web:https', port: 443, endpoints: [{ port: 8443 }] }),
    proxiedPort({ ...checked, name: 'default/none', healthCheckNodePort: 30_998, endpoints: [] }),
    proxiedPort({ name: 'default/other', endpoints }),
  ];
  expect(healthCheckedServices([{ ports, addresses: undefined }], 'node-1')).toEqual([
    { namespace: 'default', name: 'web', address: '::', port: 30_999, localEndpoints: 1 },
    { namespace: 'default', name: 'none', address: '::', port: 30_998, localEndpoints: 0 },
  ]);
});

describe('a Service of both families', () => {
  const four = [proxiedPort({ ...checked, endpoints: [{}, { ip: '10.244.0.3' }] })];
  const six = [proxiedPort({ ...checked, clusterIp: 'fd00:96::10', endpoints: [{ ip: 'fd00:244::2' }] })];
  const opened = (at4: string[] | undefined, at6: string[] | undefined, ports4 = four) =>
    healthCheckedServices(
      [
        { ports: ports4, addresses: at4 },
        { ports: six, addresses: at6 },
      ],
      'node-1',
    ).map(({ address, localEndpoints }) => `${address} ${localEndpoints}`);

  it("is counted by IPv4's endpoints where the port is open everywhere", () => {
    expect(opened(undefined, undefined)).toEqual([':: 2']);
    expect(opened(undefined, undefined, [])).toEqual([':: 1']);
    expect(opened(['172.18.0.2'], undefined)).toEqual(['172.18.0.2 2']);
    expect(opened(undefined, ['fd00:18::2'])).toEqual([':: 2']);
  });

  it("is counted by each family's endpoints at the family's addresses", () => {
    expect(opened(['172.18.0.2', '127.0.0.1'], ['fd00:18::2'])).toEqual([
      '172.18.0.2 2',
      '127.0.0.1 2',
      'fd00:18::2 1',
    ]);
  });
});

it('finds nodes that are about to go', () => {
  const taints = (key: string) => ({ spec: { taints: [{ key, effect: 'NoSchedule' }] } });
  expect(isEligible({ metadata: {} })).toBe(true);
  expect(isEligible({ metadata: {}, ...taints('else') })).toBe(true);
  expect(isEligible({ metadata: {}, ...taints('ToBeDeletedByClusterAutoscaler') })).toBe(false);
  expect(isEligible({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })).toBe(false);
});
