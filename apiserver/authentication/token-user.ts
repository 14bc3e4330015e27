import { type ResourceDefinition, resources } from '../../openapi/resources.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Registry } from '../registry/registry.ts';
import { serviceAccountGroups, serviceAccountName } from './service-account-name.ts';
import type { TokenReferent, VerifiedToken } from './service-account-tokens.ts';
import type { UserInfo } from './user-info.ts';

/** How long a token outlives the deletion of its account or pod, while that is on its way. */
const DELETION_LEEWAY_MS = 60_000;

const EXTRA = 'authentication.kubernetes.io';

/**
 * Who a verified token stands for; undefined once its service account, or what it is bound to, is gone or
 * another of the same name (k8s pkg/serviceaccount/claims.go).
 */
export function tokenUser(
  registry: Registry,
  clock: Clock,
  { claims, id }: VerifiedToken,
): UserInfo | undefined {
  const { namespace, serviceAccount, pod, secret, node } = claims;
  const isThere = (definition: ResourceDefinition, where: string, referent: TokenReferent): boolean => {
    const metadata = registry.of(definition).cache.get(where, referent.name)?.object.metadata;
    if (metadata?.uid !== referent.uid) return false;
    const { deletionTimestamp } = metadata;
    return (
      deletionTimestamp === undefined || Date.parse(deletionTimestamp) + DELETION_LEEWAY_MS > clock.now()
    );
  };
  if (!isThere(resources.serviceaccounts, namespace, serviceAccount)) return undefined;
  if (pod && !isThere(resources.pods, namespace, pod)) return undefined;
  if (secret && !isThere(resources.secrets, namespace, secret)) return undefined;
  // A pod's token names its node too, for information; a token bound to the node alone ends with it.
  if (node && !pod && !isThere(resources.nodes, '', node)) return undefined;
  return {
    name: serviceAccountName(namespace, serviceAccount.name),
    uid: serviceAccount.uid,
    groups: serviceAccountGroups(namespace),
    extra: {
      ...(id === '' ? {} : { [`${EXTRA}/credential-id`]: [`JTI=${id}`] }),
      ...(pod ? { [`${EXTRA}/pod-name`]: [pod.name], [`${EXTRA}/pod-uid`]: [pod.uid] } : {}),
      ...(node ? { [`${EXTRA}/node-name`]: [node.name], [`${EXTRA}/node-uid`]: [node.uid] } : {}),
    },
  };
}
