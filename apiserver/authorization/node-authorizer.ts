import type { AccessAttributes, Authorizer, ResourceAttributes, Verdict } from './authorizer.ts';
import { nodeNameOf } from './node-name.ts';
import type { NodePods } from './node-pods.ts';

const ALLOWED: Verdict = { allowed: true, reason: '' };

type Rule = (verb: string, resource: ResourceAttributes, node: string, fieldSelector: string) => boolean;

const isRead = (verb: string): boolean => verb === 'get' || verb === 'list' || verb === 'watch';
const isChange = (verb: string): boolean => verb === 'update' || verb === 'patch';
const isCreate: Rule = (verb) => verb === 'create';
const isReport: Rule = (verb) => verb === 'create' || isChange(verb);
const readOnly: Rule = (verb) => isRead(verb);

function selects(fieldSelector: string, requirement: string): boolean {
  return fieldSelector.split(',').some((part) => part.replace('==', '=') === requirement);
}

/**
 * A kubelet reaches its own Node, the pods bound to it, and what those pods name; for anything else it needs
 * a role (k8s plugin/pkg/auth/authorizer/node/node_authorizer.go).
 */
export function nodeAuthorizer(pods: NodePods): Authorizer {
  const ownPod = ({ namespace, name }: ResourceAttributes, node: string): boolean =>
    pods.nodeOf(namespace, name) === node;
  const named =
    (kind: 'configMap' | 'secret' | 'claim'): Rule =>
    (verb, { namespace, name }, node) =>
      isRead(verb) && name !== '' && pods.refersTo(node, kind, namespace, name);
  const rules = new Map<string, Rule>(
    Object.entries({
      nodes: (verb, { name }, node, fieldSelector) => {
        if (verb === 'list' || verb === 'watch') return selects(fieldSelector, `metadata.name=${node}`);
        return verb === 'create' || (name === node && (verb === 'get' || isChange(verb)));
      },
      'nodes/status': (verb, { name }, node) => name === node && isChange(verb),
      pods: (verb, resource, node, fieldSelector) => {
        if (verb === 'list' || verb === 'watch') return selects(fieldSelector, `spec.nodeName=${node}`);
        if (verb === 'create') return true;
        return (verb === 'get' || verb === 'delete') && ownPod(resource, node);
      },
      'pods/status': (verb, resource, node) => isChange(verb) && ownPod(resource, node),
      'pods/eviction': (verb, resource, node) => verb === 'create' && ownPod(resource, node),
      configmaps: named('configMap'),
      secrets: named('secret'),
      persistentvolumeclaims: named('claim'),
      'serviceaccounts/token': (verb, { namespace, name }, node) =>
        verb === 'create' && pods.refersTo(node, 'serviceAccount', namespace, name),
      'leases.coordination.k8s.io': (verb, { namespace, name }, node) =>
        namespace === 'kube-node-lease' &&
        (verb === 'create' || (name === node && (verb === 'get' || verb === 'delete' || isChange(verb)))),
      'csinodes.storage.k8s.io': (verb, { name }, node) =>
        verb === 'create' || (name === node && (verb === 'get' || verb === 'delete' || isChange(verb))),
      events: isReport,
      'events.events.k8s.io': isReport,
      services: readOnly,
      'csidrivers.storage.k8s.io': readOnly,
      'runtimeclasses.node.k8s.io': readOnly,
      'certificatesigningrequests.certificates.k8s.io': (verb) => verb === 'create' || isRead(verb),
      'tokenreviews.authentication.k8s.io': isCreate,
      'subjectaccessreviews.authorization.k8s.io': isCreate,
      'localsubjectaccessreviews.authorization.k8s.io': isCreate,
    } satisfies Record<string, Rule>),
  );
  return {
    authorize({ user, verb, resource, fieldSelector }: AccessAttributes) {
      const node = nodeNameOf(user);
      if (node === undefined || !resource) return undefined;
      return rules.get(qualifiedName(resource))?.(verb, resource, node, fieldSelector) ? ALLOWED : undefined;
    },
  };
}

function qualifiedName({ group, resource, subresource }: ResourceAttributes): string {
  const name = group === '' ? resource : `${resource}.${group}`;
  return subresource === '' ? name : `${name}/${subresource}`;
}
