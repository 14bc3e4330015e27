import { deepEqual } from '../../openapi/deep-equal.ts';
import type { AuthenticationTokenRequest, Node, Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { nodeNameOf } from '../authorization/node-name.ts';
import type { NodePods } from '../authorization/node-pods.ts';
import { errors } from '../errors.ts';
import type { AdmissionRequest, AdmissionStep } from './admission.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const KUBELET_LABELS = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);
const KUBELET_PREFIXES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/** Keeps what a kubelet writes to its own node and pods (k8s plugin/pkg/admission/noderestriction). */
export function nodeRestriction(pods: NodePods): AdmissionStep {
  return {
    name: 'NodeRestriction',
    validate(request) {
      const node = nodeNameOf(request.user);
      if (node === undefined) return;
      const fault = faultOf(request, node, pods);
      if (fault !== undefined) throw errors.forbidden(request.definition, request.name, fault);
    },
  };
}

function faultOf(request: AdmissionRequest, node: string, pods: NodePods): string | undefined {
  const { definition, subresource, operation } = request;
  if (definition === resources.pods && operation !== 'DELETE') {
    if (subresource === '' && operation === 'CREATE') return mirrorPodFault(request, node);
    return subresource === 'status' ? podStatusFault(request, node) : undefined;
  }
  if (definition === resources.nodes && operation !== 'DELETE') return nodeFault(request, node);
  if (definition === resources.serviceaccounts && subresource === 'token')
    return tokenFault(request, node, pods);
  if (definition === resources.leases && operation === 'CREATE' && request.name !== node)
    return `node ${JSON.stringify(node)} is allowed to access only its own lease`;
  return undefined;
}

function mirrorPodFault({ object }: AdmissionRequest, node: string): string | undefined {
  const { metadata, spec = {} } = object as unknown as Pod;
  if (metadata.annotations?.[MIRROR] === undefined)
    return `pod does not have ${JSON.stringify(MIRROR)} annotation, node ${JSON.stringify(node)} can only create mirror pods`;
  if (spec.nodeName !== node)
    return `node ${JSON.stringify(node)} can only create pods with spec.nodeName set to itself`;
  if (spec.serviceAccountName)
    return `node ${JSON.stringify(node)} can not create pods that reference a service account`;
  const named = spec.volumes?.some(
    ({ secret, configMap, persistentVolumeClaim, projected }) =>
      secret ?? configMap ?? persistentVolumeClaim ?? projected,
  );
  return named
    ? `node ${JSON.stringify(node)} can not create pods that reference secrets, configmaps or persistentvolumeclaims`
    : undefined;
}

function podStatusFault({ object, previous }: AdmissionRequest, node: string): string | undefined {
  return deepEqual(object?.metadata.labels ?? {}, previous?.metadata.labels ?? {})
    ? undefined
    : `node ${JSON.stringify(node)} cannot update labels through pod status`;
}

function nodeFault(
  { object, previous, name, operation }: AdmissionRequest,
  node: string,
): string | undefined {
  if (name !== node)
    return `node ${JSON.stringify(node)} is not allowed to modify node ${JSON.stringify(name)}`;
  const labels = forbiddenLabels(object?.metadata.labels ?? {}, previous?.metadata.labels ?? {});
  if (labels.length > 0) {
    const verb = operation === 'CREATE' ? 'set' : 'modify';
    return `is not allowed to ${verb} the following labels: ${labels.join(', ')}`;
  }
  const taints = (each: unknown): unknown => (each as Node | undefined)?.spec?.taints ?? [];
  if (operation === 'UPDATE' && !deepEqual(taints(object), taints(previous)))
    return `node ${JSON.stringify(node)} is not allowed to modify taints`;
  return undefined;
}

/** Labels of Kubernetes' own domains that are not a kubelet's to set. */
function forbiddenLabels(
  labels: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
): string[] {
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(before)])].filter(
    (key) => labels[key] !== before[key],
  );
  return changed.filter((key) => isReserved(key) && !isKubeletLabel(key)).sort();
}

function isReserved(key: string): boolean {
  const [domain = ''] = key.includes('/') ? key.split('/') : [];
  return ['kubernetes.io', 'k8s.io'].some((own) => domain === own || domain.endsWith(`.${own}`));
}

function isKubeletLabel(key: string): boolean {
  const [domain = ''] = key.split('/');
  return (
    KUBELET_LABELS.has(key) ||
    KUBELET_PREFIXES.some((prefix) => domain === prefix || domain.endsWith(`.${prefix}`))
  );
}

function tokenFault(
  { object, namespace }: AdmissionRequest,
  node: string,
  pods: NodePods,
): string | undefined {
  const reference = (object as unknown as AuthenticationTokenRequest).spec?.boundObjectRef;
  if (reference?.kind !== 'Pod' || !reference.uid) return 'node requested token not bound to a pod';
  return pods.nodeOf(namespace, reference.name ?? '') === node
    ? undefined
    : 'node requested token bound to a pod scheduled on a different node';
}
