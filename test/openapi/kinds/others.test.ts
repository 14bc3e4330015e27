import { describe, expect, it } from 'vitest';
import type {
  ClusterRoleBinding,
  HorizontalPodAutoscaler,
  LimitRange,
  PersistentVolume,
} from '../../../openapi/generated/types.ts';
import type { KubernetesObject } from '../../../openapi/resources.ts';
import { defaulted, faultsOf } from './faults-of.ts';

const metadata = { name: 'a' };

describe('HorizontalPodAutoscaler', () => {
  const autoscaler = (spec: object): HorizontalPodAutoscaler => ({
    metadata,
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3, ...spec },
  });

  it('watches the processor unless told otherwise', () => {
    expect(defaulted('autoscaling.v2.HorizontalPodAutoscaler', autoscaler({})).spec).toMatchObject({
      minReplicas: 1,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
    });
  });

  it('has a range', () => {
    expect(
      faultsOf('autoscaling.v2.HorizontalPodAutoscaler', autoscaler({ minReplicas: 5, maxReplicas: 2 })),
    ).toEqual(['spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`']);
  });
});

describe('rules of single kinds', () => {
  it.each<[string, KubernetesObject & Record<string, unknown>, string]>([
    [
      'policy.v1.PodDisruptionBudget',
      { metadata, spec: { minAvailable: 1, maxUnavailable: 1 } },
      'minAvailable and maxUnavailable cannot be both set',
    ],
    [
      'rbac.v1.Role',
      { metadata, rules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }] },
      'namespaced rules cannot apply to non-resource URLs',
    ],
    [
      'rbac.v1.ClusterRole',
      { metadata, rules: [{ apiGroups: [''], resources: ['pods'] }] },
      'rules[0].verbs',
    ],
    [
      'rbac.v1.RoleBinding',
      { metadata, roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'Robot', name: 'x' }] },
      'Unsupported value: "Robot"',
    ],
    ['core.v1.PersistentVolumeClaim', { metadata, spec: {} }, 'at least 1 access mode is required'],
    ['storage.v1.StorageClass', { metadata }, 'provisioner: Required value'],
    ['scheduling.v1.PriorityClass', { metadata, value: 2_000_000_000 }, 'maximum allowed value'],
    ['certificates.v1.CertificateSigningRequest', { metadata, spec: {} }, 'spec.request: Required value'],
    ['node.v1.RuntimeClass', { metadata, handler: 'Not A Label' }, 'handler: Invalid value'],
    ['apiregistration.v1.APIService', { metadata, spec: {} }, 'metadata.name: Invalid value'],
  ])('%s', (message, object, fault) => {
    expect(faultsOf(message, object).join('\n')).toContain(fault);
  });

  it('a binding keeps its role', () => {
    const binding = (name: string): ClusterRoleBinding => ({
      metadata,
      roleRef: { kind: 'ClusterRole', name },
    });
    expect(faultsOf('rbac.v1.ClusterRoleBinding', binding('edit'), binding('view'))).toEqual([
      expect.stringMatching(/^roleRef: .*cannot change roleRef$/),
    ]);
  });

  it('a volume is where it was', () => {
    const volume = (path: string, capacity = '1Gi'): PersistentVolume => ({
      metadata,
      spec: { capacity: { storage: capacity }, accessModes: ['ReadWriteOnce'], hostPath: { path } },
    });
    expect(faultsOf('core.v1.PersistentVolume', volume('/a', '2Gi'), volume('/a'))).toEqual([]);
    expect(faultsOf('core.v1.PersistentVolume', volume('/b'), volume('/a'))).toEqual([
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    ]);
  });

  it('a limit is the default of what has none', () => {
    const range: LimitRange = { metadata, spec: { limits: [{ type: 'Container', max: { cpu: '2' } }] } };
    expect(defaulted('core.v1.LimitRange', range).spec?.limits?.[0]).toMatchObject({
      default: { cpu: '2' },
      defaultRequest: { cpu: '2' },
    });
  });
});
