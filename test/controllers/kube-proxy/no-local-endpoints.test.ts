import { expect, it } from 'vitest';
import { noLocalEndpoints } from '../../../controllers/kube-proxy/no-local-endpoints.ts';
import { proxiedPort } from './proxied-port.ts';

const NODE = { nodeName: 'node-1', nodeIp: '172.18.0.2', zone: '', podCidr: '' };

it.each([
  ['iptables', { internal: 1, external: 3 }],
  ['nftables', { internal: 1, external: 3 }],
  ['ipvs', { internal: 1, external: 2 }],
] as const)('counts ports that drop traffic here; %s', (mode, expected) => {
  const far = [{ nodeName: 'node-2' }];
  const external = { externalLocal: true, nodePort: 30_080 };
  const ports = [
    proxiedPort({ ...external, endpoints: far }),
    proxiedPort({ ...external, name: 'default/web:https', port: 443, endpoints: far }),
    proxiedPort({ ...external, name: 'default/both', internalLocal: true, endpoints: far }),
    proxiedPort({ ...external, name: 'default/here', endpoints: [{}] }),
    proxiedPort({ ...external, name: 'default/nobody' }),
    proxiedPort({ name: 'default/cluster', endpoints: far }),
  ];
  expect(noLocalEndpoints(ports, NODE, mode)).toEqual(expected);
});
