import type { LabelSelector, Namespace, RuleWithOperations } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { Registry } from '../registry/registry.ts';
import { matchesLabelSelector } from '../selectors/label-selector.ts';
import type { AdmissionRequest } from './admission.ts';

/** What a webhook of either kind says about the requests it wants. */
export interface WebhookMatch {
  readonly rules?: readonly RuleWithOperations[] | undefined;
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly objectSelector?: LabelSelector | undefined;
}

/** Whether a webhook wants to see a request (k8s apiserver/pkg/admission/plugin/webhook/predicates). */
export function webhookMatches(
  webhook: WebhookMatch,
  request: AdmissionRequest,
  registry: Registry,
): boolean {
  if (!(webhook.rules ?? []).some((rule) => ruleMatches(rule, request))) return false;
  if (isSelective(webhook.namespaceSelector)) {
    const labels = namespaceLabels(request, registry);
    if (labels && !matchesLabelSelector(webhook.namespaceSelector, labels)) return false;
  }
  if (!isSelective(webhook.objectSelector)) return true;
  return [request.object, request.previous].some(
    (object) => object && matchesLabelSelector(webhook.objectSelector, object.metadata.labels ?? {}),
  );
}

function isSelective(selector: LabelSelector | undefined): boolean {
  return Boolean(
    selector && (selector.matchExpressions?.length || Object.keys(selector.matchLabels ?? {}).length),
  );
}

function has(list: readonly string[] | undefined, item: string): boolean {
  return list?.some((each) => each === '*' || each === item) ?? false;
}

function ruleMatches(
  rule: RuleWithOperations,
  { definition, operation, subresource }: AdmissionRequest,
): boolean {
  const { group, version, resource, namespaced } = definition;
  if (!has(rule.operations, operation) || !has(rule.apiGroups, group) || !has(rule.apiVersions, version))
    return false;
  if (rule.scope === 'Namespaced' && !namespaced) return false;
  if (rule.scope === 'Cluster' && namespaced) return false;
  return (rule.resources ?? []).some((pattern) => {
    const [wanted = '', wantedPart = ''] = pattern.split('/');
    if (wanted !== '*' && wanted !== resource) return false;
    return wantedPart === subresource || wantedPart === '*' || (pattern === '*' && subresource === '');
  });
}

/** A namespace is matched by its own labels; other objects without a namespace match every selector. */
function namespaceLabels(
  { definition, namespace, object, previous }: AdmissionRequest,
  registry: Registry,
): Readonly<Record<string, string>> | undefined {
  if (definition === resources.namespaces) return (object ?? previous)?.metadata.labels ?? {};
  if (!definition.namespaced) return undefined;
  const found = registry.of(resources.namespaces).cache.get('', namespace)?.object as unknown as
    | Namespace
    | undefined;
  return found?.metadata.labels ?? {};
}
