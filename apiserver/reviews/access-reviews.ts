import { Faults } from '../../openapi/faults.ts';
import type {
  FieldSelectorAttributes,
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
} from '../../openapi/generated/types.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import type { UserInfo } from '../authentication/user-info.ts';
import type { AccessAttributes } from '../authorization/authorizer.ts';
import { errors } from '../errors.ts';
import type { ResourceRequest } from '../handlers/resource-request.ts';
import { answerReview } from './review-answer.ts';

/** May I? */
export function selfSubjectAccessReview(request: ResourceRequest): Promise<ApiResponse> {
  return answerReview<SelfSubjectAccessReview>(request, ({ spec = {} }) =>
    decide(request, spec, request.user),
  );
}

/** May somebody else? */
export function subjectAccessReview(request: ResourceRequest): Promise<ApiResponse> {
  return answerReview<SubjectAccessReview>(request, ({ spec = {} }) =>
    decide(request, spec, subjectOf(request, spec)),
  );
}

/** May somebody else, in this namespace? */
export function localSubjectAccessReview(request: ResourceRequest): Promise<ApiResponse> {
  const { info } = request;
  return answerReview<LocalSubjectAccessReview>(request, ({ spec = {}, metadata }) => {
    if (metadata.namespace && metadata.namespace !== info.namespace) {
      throw errors.badRequest(
        `metadata.namespace ${JSON.stringify(metadata.namespace)} does not match the namespace of the request ${JSON.stringify(info.namespace)}`,
      );
    }
    if (spec.resourceAttributes?.namespace !== info.namespace) {
      refuse(request, (faults) =>
        faults.invalid(
          'spec.resourceAttributes.namespace',
          spec.resourceAttributes?.namespace ?? '',
          'must match metadata.namespace',
        ),
      );
    }
    return decide(request, spec, subjectOf(request, spec));
  });
}

function decide(
  { context, ...request }: ResourceRequest,
  spec: SubjectAccessReviewSpec,
  user: UserInfo,
): object {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (!resource === !path) {
    refuse({ context, ...request }, (faults) =>
      faults.invalid(
        'spec.resourceAttributes',
        resource ?? null,
        resource
          ? 'cannot be specified in combination with nonResourceAttributes'
          : 'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    );
  }
  const { allowed, reason } = context.authorize(attributesOf(spec, user));
  return { allowed, ...(reason === '' ? {} : { reason }) };
}

function subjectOf(
  request: ResourceRequest,
  { user = '', groups = [], uid, extra }: SubjectAccessReviewSpec,
): UserInfo {
  if (user === '' && groups.length === 0) {
    refuse(request, (faults) =>
      faults.invalid('spec.user', '', 'at least one of user or group must be specified'),
    );
  }
  return { name: user, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}

function attributesOf(
  { resourceAttributes: resource, nonResourceAttributes }: SubjectAccessReviewSpec,
  user: UserInfo,
): AccessAttributes {
  if (!resource) {
    const { verb = '', path = '' } = nonResourceAttributes ?? {};
    return { user, verb, path, resource: undefined, fieldSelector: '' };
  }
  const {
    verb = '',
    group = '',
    resource: plural = '',
    subresource = '',
    namespace = '',
    name = '',
  } = resource;
  return {
    user,
    verb,
    path: '',
    resource: { group, resource: plural, subresource, namespace, name },
    fieldSelector: selectorText(resource.fieldSelector),
  };
}

function selectorText({ rawSelector = '', requirements = [] }: FieldSelectorAttributes = {}): string {
  if (rawSelector !== '') return rawSelector;
  return requirements
    .filter(({ operator, values = [] }) => operator === 'In' && values.length === 1)
    .map(({ key = '', values = [] }) => `${key}=${values[0]}`)
    .join(',');
}

function refuse({ store }: ResourceRequest, add: (faults: Faults) => void): never {
  const faults = new Faults();
  add(faults);
  throw errors.invalid(store.definition, '', faults.list);
}
