import type { ResourceDefinition } from '../../openapi/resources.ts';
import { errors } from '../errors.ts';
import {
  localSubjectAccessReview,
  selfSubjectAccessReview,
  subjectAccessReview,
} from '../reviews/access-reviews.ts';
import { selfSubjectReview, tokenReview } from '../reviews/identity-reviews.ts';
import { selfSubjectRulesReview } from '../reviews/rules-review.ts';
import { bind } from './binding.ts';
import { create } from './create.ts';
import { remove, removeCollection } from './delete.ts';
import { evict } from './evict.ts';
import { getObject } from './get.ts';
import { listObjects } from './list.ts';
import { patch } from './patch.ts';
import { podLog } from './pod-log.ts';
import type { Handler } from './resource-request.ts';
import { scale } from './scale.ts';
import { requestToken } from './token-request.ts';
import { update } from './update.ts';
import { watchObjects } from './watch.ts';

const byVerb = handlersBy({
  get: getObject,
  list: listObjects,
  watch: watchObjects,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
});

/** Subresources with a body or an answer of their own; the others are parts of the object itself. */
const bySubresource = handlersBy({
  'binding create': bind,
  'eviction create': evict,
  'log get': podLog,
  'scale get': scale,
  'scale patch': scale,
  'scale update': scale,
  'token create': requestToken,
});

/** Kinds that are answered, not stored. */
const reviews = handlersBy({
  localsubjectaccessreviews: localSubjectAccessReview,
  selfsubjectaccessreviews: selfSubjectAccessReview,
  selfsubjectreviews: selfSubjectReview,
  selfsubjectrulesreviews: selfSubjectRulesReview,
  subjectaccessreviews: subjectAccessReview,
  tokenreviews: tokenReview,
});

const PARTS = new Set(['status', 'approval', 'finalize', 'ephemeralcontainers']);

/** The handler of a verb on a resource or one of its subresources. */
export function handlerOf(
  { stored, resource }: ResourceDefinition,
  verb: string,
  subresource: string,
): Handler {
  const handler = stored
    ? storedHandler(verb, subresource)
    : verb === 'create'
      ? reviews.get(resource)
      : undefined;
  if (!handler) throw errors.methodNotAllowed(subresource === '' ? verb : `${verb} ${subresource}`);
  return handler;
}

function storedHandler(verb: string, subresource: string): Handler | undefined {
  return subresource === '' || PARTS.has(subresource)
    ? byVerb.get(verb)
    : bySubresource.get(`${subresource} ${verb}`);
}

/** A map, not an object: verbs and names come from outside, and `constructor` is no handler. */
function handlersBy(handlers: Readonly<Record<string, Handler>>): ReadonlyMap<string, Handler> {
  return new Map(Object.entries(handlers));
}
