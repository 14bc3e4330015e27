import { expect, it } from 'vitest';
import { wantedHostPorts } from '../../../agents/wire/wanted-host-ports.ts';
import type { Service } from '../../../openapi/generated/types.ts';

const service = (type: string | undefined, ports: object[]): Service => ({
  metadata: {},
  spec: { ...(type === undefined ? {} : { type }), ports: ports as NonNullable<Service['spec']>['ports'] },
});

it('wants the node ports and health check ports of NodePort and LoadBalancer Services, each once', () => {
  const services = [
    service('NodePort', [{ nodePort: 30080 }, { nodePort: 30053, protocol: 'UDP' }, { port: 80 }]),
    service('LoadBalancer', [
      { nodePort: 30080, protocol: 'TCP' },
      { nodePort: 30080, protocol: 'UDP' },
      { nodePort: 30132, protocol: 'SCTP' },
    ]),
    service('ClusterIP', [{ nodePort: 31000 }]),
    service(undefined, [{ nodePort: 31001 }]),
    { metadata: {} },
    { metadata: {}, spec: { type: 'LoadBalancer', healthCheckNodePort: 30999, ports: [] } },
  ];
  expect(wantedHostPorts(services, [])).toEqual([
    { protocol: 'TCP', port: 30080 },
    { protocol: 'UDP', port: 30053 },
    { protocol: 'UDP', port: 30080 },
    { protocol: 'TCP', port: 30999 },
  ]);
});

it('are those of pods: host ports, and on the network of the node all ports', () => {
  const ports = [
    { containerPort: 80, hostPort: 8080 },
    { containerPort: 53, protocol: 'UDP' },
  ];
  const pod = (spec: object, phase = 'Running') => ({
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', ports }], ...spec },
    status: { phase },
  });
  const of = (...pods: ReturnType<typeof pod>[]) =>
    wantedHostPorts([], pods).map(({ protocol, port }) => `${protocol}/${port}`);
  expect(of(pod({}))).toEqual(['TCP/8080']);
  expect(of(pod({ hostNetwork: true }))).toEqual(['TCP/80', 'UDP/53']);
  expect(of(pod({}, 'Succeeded'))).toEqual([]);
});
