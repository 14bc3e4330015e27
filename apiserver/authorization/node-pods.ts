import type { Pod, Volume } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import type { Registry } from '../registry/registry.ts';

/** What a pod can name in its namespace. */
export type Referent = 'configMap' | 'secret' | 'claim' | 'serviceAccount';

/** Which pods are on which node, and what they need. */
export interface NodePods {
  nodeOf(namespace: string, pod: string): string | undefined;
  refersTo(node: string, kind: Referent, namespace: string, name: string): boolean;
}

export function nodePods(registry: Registry): NodePods {
  const { cache } = registry.of(resources.pods);
  return {
    nodeOf: (namespace, pod) => nodeOf(cache.get(namespace, pod)),
    refersTo: (node, kind, namespace, name) =>
      cache
        .list(namespace)
        .some((pod) => nodeOf(pod) === node && names(pod.object as unknown as Pod, kind, name)),
  };
}

function nodeOf(pod: StoredObject | undefined): string | undefined {
  return pod?.attributes.fields['spec.nodeName'];
}

function names({ spec }: Pod, kind: Referent, name: string): boolean {
  const { volumes = [], containers = [], initContainers = [], imagePullSecrets = [] } = spec ?? {};
  if (kind === 'serviceAccount') return spec?.serviceAccountName === name;
  if (kind === 'claim')
    return volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name);
  if (kind === 'secret' && imagePullSecrets.some((secret) => secret.name === name)) return true;
  if (volumes.some((volume) => volumeNames(volume, kind, name))) return true;
  const [whole, key] =
    kind === 'secret'
      ? (['secretRef', 'secretKeyRef'] as const)
      : (['configMapRef', 'configMapKeyRef'] as const);
  return [...initContainers, ...containers].some(
    ({ envFrom = [], env = [] }) =>
      envFrom.some((source) => source[whole]?.name === name) ||
      env.some(({ valueFrom }) => valueFrom?.[key]?.name === name),
  );
}

function volumeNames(volume: Volume, kind: 'configMap' | 'secret', name: string): boolean {
  if (kind === 'secret' && volume.secret?.secretName === name) return true;
  if (kind === 'configMap' && volume.configMap?.name === name) return true;
  return volume.projected?.sources?.some((source) => source[kind]?.name === name) ?? false;
}
