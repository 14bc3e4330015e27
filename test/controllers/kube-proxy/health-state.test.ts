import { expect, it } from 'vitest';
import { healthCheckedServices, isEligible } from '../../../controllers/kube-proxy/health-state.ts';
import { proxiedPort } from './proxied-port.ts';

it('counts the ready endpoints of a node, an address once for all ports', () => {
  const checked = { healthCheckNodePort: 30_999, externalLocal: true };
  const endpoints = [{}, { ip: '10.244.0.3', ready: false }, { ip: '10.244.1.2', nodeName: 'node-2' }];
  const ports = [
    proxiedPort({ ...checked, endpoints }),
    proxiedPort({ ...checked, name: 'default/web:https', port: 443, endpoints: [{ port: 8443 }] }),
    proxiedPort({ ...checked, name: 'default/none', healthCheckNodePort: 30_998, endpoints: [] }),
    proxiedPort({ name: 'default/other', endpoints }),
  ];
  expect(healthCheckedServices(ports, 'node-1')).toEqual([
    { namespace: 'default', name: 'web', port: 30_999, localEndpoints: 1 },
    { namespace: 'default', name: 'none', port: 30_998, localEndpoints: 0 },
  ]);
});

it('finds nodes that are about to go', () => {
  const taints = (key: string) => ({ spec: { taints: [{ key, effect: 'NoSchedule' }] } });
  expect(isEligible({ metadata: {} })).toBe(true);
  expect(isEligible({ metadata: {}, ...taints('else') })).toBe(true);
  expect(isEligible({ metadata: {}, ...taints('ToBeDeletedByClusterAutoscaler') })).toBe(false);
  expect(isEligible({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })).toBe(false);
});
