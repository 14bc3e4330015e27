import type { SelfSubjectRulesReview } from '../../openapi/generated/types.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import { nodeNameOf } from '../authorization/node-name.ts';
import { errors } from '../errors.ts';
import type { ResourceRequest } from '../handlers/resource-request.ts';
import { answerReview } from './review-answer.ts';

/** What may I do in this namespace? */
export function selfSubjectRulesReview(request: ResourceRequest): Promise<ApiResponse> {
  const { context, user } = request;
  return answerReview<SelfSubjectRulesReview>(request, ({ spec }) => {
    const namespace = spec?.namespace ?? '';
    if (namespace === '') throw errors.badRequest('no namespace on request');
    const { everywhere, byNamespace } = context.rbac.grants(user);
    const rules = [...everywhere, ...(byNamespace.get(namespace) ?? [])].map(({ rule }) => rule);
    const isNode = nodeNameOf(user) !== undefined;
    return {
      resourceRules: rules.flatMap(({ nonResourceURLs, ...rule }) => (nonResourceURLs ? [] : [rule])),
      nonResourceRules: rules.flatMap(({ verbs, nonResourceURLs }) =>
        nonResourceURLs ? [{ verbs, nonResourceURLs }] : [],
      ),
      incomplete: isNode,
      ...(isNode ? { evaluationError: 'node authorizer does not support user rule resolution' } : {}),
    };
  });
}
