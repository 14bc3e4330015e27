import { describe, expect, it } from 'vitest';
import type { Deployment, NetworkPolicy, Pod, Service } from '../../openapi/generated/types.ts';
import type { KubernetesObject } from '../../openapi/resources.ts';
import { defaulted, faultsOf } from './kinds/faults-of.ts';

const metadata = { name: 'a', namespace: 'default' };

describe('Service', () => {
  const service = (spec: Service['spec']): Service => ({ metadata, spec });
  const message = 'core.v1.Service';

  it.each<[string, Service['spec'], Service['spec']]>([
    [
      'a plain one',
      { ports: [{ port: 80 }] },
      {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      },
    ],
    ['a NodePort', { type: 'NodePort', ports: [] }, { externalTrafficPolicy: 'Cluster' }],
    [
      'a LoadBalancer',
      { type: 'LoadBalancer', ports: [] },
      { externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true },
    ],
    [
      'an affine one',
      { sessionAffinity: 'ClientIP' },
      { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } },
    ],
    ['an IPv6 one', { clusterIP: 'fd00::1' }, { ipFamilies: ['IPv6'] }],
  ])('fills in %s', (_what, spec, expected) => {
    expect(defaulted(message, service(spec)).spec).toMatchObject(expected ?? {});
  });

  it('leaves an ExternalName without families and policies', () => {
    const { spec } = defaulted(message, service({ type: 'ExternalName', externalName: 'example.com' }));
    expect(spec).toEqual({ type: 'ExternalName', externalName: 'example.com', sessionAffinity: 'None' });
  });

  it.each<[string, Service['spec'], string]>([
    ['no ports', {}, 'spec.ports: Required value'],
    ['unnamed ports', { ports: [{ port: 1 }, { port: 2 }] }, 'spec.ports[0].name: Required value'],
    [
      'port 0',
      { ports: [{ port: 0 }] },
      'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
    [
      'the same port twice',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 1 },
        ],
      },
      'spec.ports[1]: Duplicate value',
    ],
    [
      'a node port without its type',
      { ports: [{ port: 1, nodePort: 30000 }] },
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [
      'a headless node port',
      { type: 'NodePort', clusterIP: 'None', ports: [{ port: 1 }] },
      "may not be set to 'None' for NodePort services",
    ],
    [
      'a strange address',
      { clusterIP: 'here', ports: [{ port: 1 }] },
      'spec.clusterIPs[0]: Invalid value: "here": must be a valid IP address',
    ],
    ['an unnamed ExternalName', { type: 'ExternalName' }, 'spec.externalName: Required value'],
    [
      'a policy that does nothing',
      { externalTrafficPolicy: 'Local', ports: [{ port: 1 }] },
      'may only be set for externally-accessible services',
    ],
    [
      'an endless affinity',
      {
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } },
        ports: [{ port: 1 }],
      },
      'must be greater than 0 and less than 86400',
    ],
    [
      'a long port name',
      { ports: [{ port: 1, targetPort: 'a-very-long-port-name' }] },
      'must be no more than 15 characters',
    ],
  ])('refuses %s', (_what, spec, text) => {
    expect(faultsOf(message, service(spec)).join('\n')).toContain(text);
  });

  it('tolerates an address that is still to come, and headless Services without ports', () => {
    expect(faultsOf(message, service({ ports: [{ port: 80 }] }))).toEqual([]);
    expect(faultsOf(message, service({ clusterIP: 'None' }))).toEqual([]);
  });
});

describe('Pod', () => {
  const pod = (spec: Pod['spec']): Pod => ({ metadata, spec });
  const container = { name: 'a', image: 'x' };
  const message = 'core.v1.Pod';

  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['localhost:5000/nginx', 'Always'],
    ['localhost:5000/nginx:1', 'IfNotPresent'],
    ['nginx@sha256:abc', 'IfNotPresent'],
  ])('pulls %s %s', (image, policy) => {
    const { spec } = defaulted(message, pod({ containers: [{ name: 'a', image }] }));
    expect(spec?.containers?.[0]?.imagePullPolicy).toBe(policy);
  });

  it('fills in probes, volumes and requests', () => {
    const { spec } = defaulted(
      message,
      pod({
        containers: [
          { ...container, readinessProbe: { httpGet: { port: 80 } }, resources: { limits: { cpu: '1' } } },
        ],
        volumes: [{ name: 'a' }, { name: 'b', configMap: { name: 'c' } }],
      }),
    );
    expect(spec?.containers?.[0]).toMatchObject({
      readinessProbe: {
        periodSeconds: 10,
        timeoutSeconds: 1,
        successThreshold: 1,
        failureThreshold: 3,
        httpGet: { path: '/', scheme: 'HTTP' },
      },
      resources: { requests: { cpu: '1' } },
    });
    expect(spec?.volumes).toEqual([
      { name: 'a', emptyDir: {} },
      { name: 'b', configMap: { name: 'c', defaultMode: 420 } },
    ]);
  });

  it.each<[string, Pod['spec'], string]>([
    ['no containers', {}, 'spec.containers: Required value'],
    ['no image', { containers: [{ name: 'a' }] }, 'spec.containers[0].image: Required value'],
    ['no name', { containers: [{ image: 'x' }] }, 'spec.containers[0].name: Required value'],
    ['the same name twice', { containers: [container], initContainers: [container] }, 'Duplicate value: "a"'],
    ['a bad name', { containers: [{ ...container, name: 'A_' }] }, 'a lowercase RFC 1123 label'],
    [
      'a port out of range',
      { containers: [{ ...container, ports: [{ containerPort: 70000 }] }] },
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000',
    ],
    [
      'an unknown protocol',
      { containers: [{ ...container, ports: [{ containerPort: 1, protocol: 'ICMP' }] }] },
      'Unsupported value: "ICMP"',
    ],
    [
      'an unknown restart policy',
      { containers: [container], restartPolicy: 'Maybe' },
      'spec.restartPolicy: Unsupported value: "Maybe"',
    ],
    [
      'a volume that is not there',
      { containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/v' }] }] },
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      'two handlers',
      { containers: [{ ...container, livenessProbe: { httpGet: { port: 1 }, tcpSocket: { port: 1 } } }] },
      'may not specify more than 1 handler type',
    ],
    [
      'more than its limit',
      { containers: [{ ...container, resources: { requests: { cpu: '2' }, limits: { cpu: '1500m' } } }] },
      'must be less than or equal to cpu limit of 1500m',
    ],
    [
      'a host port twice',
      {
        containers: [container, { ...container, name: 'b' }].map((each) => ({
          ...each,
          ports: [{ containerPort: 1, hostPort: 8080 }],
        })),
      },
      'spec.containers[1].ports[0].hostPort: Duplicate value',
    ],
  ])('refuses %s', (_what, spec, text) => {
    expect(faultsOf(message, pod(spec)).join('\n')).toContain(text);
  });

  it('may be bound once', () => {
    const bound = pod({ containers: [container], nodeName: 'n' });
    expect(faultsOf(message, bound, pod({ containers: [container] }))).toEqual([]);
    expect(faultsOf(message, pod({ containers: [container], nodeName: 'm' }), bound)).not.toEqual([]);
  });
});

describe('Deployment', () => {
  const deployment = (spec: Deployment['spec']): Deployment => ({
    metadata,
    spec: {
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'x' }] } },
      ...spec,
    },
  });
  const message = 'apps.v1.Deployment';

  it('fills in what rolls out', () => {
    expect(defaulted(message, deployment({})).spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: {
        spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30 },
      },
    });
  });

  it.each<[string, Deployment['spec'], string]>([
    ['no selector', { selector: undefined }, 'spec.selector: Required value'],
    ['an empty selector', { selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid'],
    [
      'a selector for others',
      { selector: { matchLabels: { app: 'b' } } },
      '`selector` does not match template `labels`',
    ],
    [
      'fewer than no replicas',
      { replicas: -1 },
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'no way to roll',
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
      'may not be 0 when `maxSurge` is 0',
    ],
    ['an unknown strategy', { strategy: { type: 'Hope' } }, 'spec.strategy.type: Unsupported value: "Hope"'],
    [
      'another restart policy',
      {
        template: {
          metadata: { labels: { app: 'a' } },
          spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'x' }] },
        },
      },
      'spec.template.spec.restartPolicy: Unsupported value: "Never"',
    ],
  ])('refuses %s', (_what, spec, text) => {
    expect(faultsOf(message, deployment(spec)).join('\n')).toContain(text);
  });
});

describe('NetworkPolicy', () => {
  const types = (spec: NetworkPolicy['spec']): string[] | undefined =>
    defaulted('networking.v1.NetworkPolicy', { metadata, spec } as NetworkPolicy).spec?.policyTypes;

  it('speaks of egress only where it has rules for it', () => {
    expect(types({})).toEqual(['Ingress']);
    expect(types({ egress: [{}] })).toEqual(['Ingress', 'Egress']);
    expect(types({ egress: [], policyTypes: ['Egress'] })).toEqual(['Egress']);
  });
});

describe('other kinds', () => {
  it.each<[string, object, string]>([
    ['networking.v1.Ingress', { spec: {} }, 'either `defaultBackend` or `rules` must be specified'],
    [
      'networking.v1.Ingress',
      {
        spec: {
          rules: [
            { http: { paths: [{ path: '/', backend: { service: { name: 'a', port: { number: 1 } } } }] } },
          ],
        },
      },
      'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
    ],
    [
      'networking.v1.Ingress',
      { spec: { defaultBackend: { service: { name: 'a' } } } },
      'port name or number is required',
    ],
    [
      'networking.v1.NetworkPolicy',
      { spec: { ingress: [{ from: [{ ipBlock: { cidr: 'x' } }] }] } },
      'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "x"',
    ],
    [
      'discovery.v1.EndpointSlice',
      { addressType: 'IPv4', endpoints: [{ addresses: ['::1'] }] },
      'must be an IPv4 address',
    ],
    [
      'core.v1.Endpoints',
      { subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] },
      'may not be in the loopback range',
    ],
    ['core.v1.ConfigMap', { data: { 'a/b': '' } }, 'a valid config key must consist of'],
    [
      'core.v1.Node',
      { spec: { taints: [{ key: 'a', effect: 'Never' }] } },
      'spec.taints[0].effect: Unsupported value: "Never"',
    ],
    ['networking.v1.ServiceCIDR', { spec: { cidrs: ['10.96.0.0'] } }, 'must be a valid CIDR value'],
    ['networking.v1.IPAddress', { spec: {} }, 'spec.parentRef: Required value'],
    ['coordination.v1.Lease', { spec: { leaseDurationSeconds: 0 } }, 'must be greater than 0'],
  ])('%s %j', (message, object, text) => {
    expect(faultsOf(message, { metadata, ...object } as KubernetesObject).join('\n')).toContain(text);
  });

  it('turn stringData into data', () => {
    const secret = defaulted('core.v1.Secret', { metadata, stringData: { a: 'b' } } as KubernetesObject);
    expect(secret).toEqual({ metadata, type: 'Opaque', data: { a: 'Yg==' } });
  });

  it('keep a podCIDR that a node has', () => {
    const node = (podCIDR?: string): KubernetesObject =>
      ({ metadata, spec: { podCIDR } }) as KubernetesObject;
    expect(faultsOf('core.v1.Node', node('10.244.1.0/24'), node())).toEqual([]);
    expect(faultsOf('core.v1.Node', node('10.244.2.0/24'), node('10.244.1.0/24'))).toHaveLength(1);
  });
});
