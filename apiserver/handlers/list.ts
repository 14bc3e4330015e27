import type { ApiResponse } from '../../platform/api-transport.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import { errors } from '../errors.ts';
import { listAnswer } from '../respond/object-answer.ts';
import { type Continue, decodeContinue, encodeContinue } from './continue-token.ts';
import { type ResourceRequest, representationOf, tableContext } from './resource-request.ts';
import { awaitRevision, requestedRevision } from './resource-version.ts';
import { selected, selectionOf } from './selection.ts';

export async function listObjects(request: ResourceRequest): Promise<ApiResponse> {
  const { query } = request;
  checkMatch(request);
  const token = query.get('continue') ?? '';
  if (token === '') await awaitRevision(request);
  const from = token === '' ? undefined : decodeContinue(token);
  const revision = snapshotRevision(request, from);
  const scope = selectionOf(request);
  const all = objectsAt(request, revision, scope.namespace);
  const page = paginate(request, selected(all, scope), revision, from);
  const meta = {
    resourceVersion: String(revision),
    continue: page.next,
    remainingItemCount: scope.matches ? undefined : page.remaining,
  };
  return listAnswer(request.store, page.objects, meta, representationOf(request), tableContext(request));
}

/** The combinations of resourceVersion and resourceVersionMatch that mean something. */
function checkMatch(request: ResourceRequest): void {
  const { query } = request;
  const match = query.get('resourceVersionMatch') ?? '';
  if (match === '') return;
  const revision = requestedRevision(request);
  const forbidden = (detail: string): never => {
    throw errors.invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      { field: 'resourceVersionMatch', reason: 'FieldValueForbidden', message: `Forbidden: ${detail}` },
    ]);
  };
  if (revision === undefined)
    forbidden('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (query.get('continue')) forbidden('resourceVersionMatch is forbidden when continue is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    forbidden(`resourceVersionMatch is not supported: ${JSON.stringify(match)}`);
  }
  if (match === 'Exact' && revision === 0) {
    forbidden('resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
  }
}

/** Which revision the answer shows: a continued list keeps its first page's. */
function snapshotRevision(request: ResourceRequest, from: Continue | undefined): number {
  if (from) return from.revision;
  const exact = request.query.get('resourceVersionMatch') === 'Exact';
  return (exact ? requestedRevision(request) : undefined) ?? request.context.registry.revision;
}

function objectsAt(
  { store, context }: ResourceRequest,
  revision: number,
  namespace: string | undefined,
): readonly StoredObject[] {
  if (revision === context.registry.revision) return store.cache.list(namespace);
  const objects = store.cache.listAt(revision, namespace);
  if (!objects) {
    throw errors.expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
  return objects;
}

interface Page {
  readonly objects: readonly StoredObject[];
  readonly next: string | undefined;
  readonly remaining: number | undefined;
}

function paginate(
  request: ResourceRequest,
  objects: readonly StoredObject[],
  revision: number,
  from: Continue | undefined,
): Page {
  const rest = from ? objects.slice(firstAfter(objects, from)) : objects;
  const limit = limitOf(request);
  if (limit === 0 || rest.length <= limit) return { objects: rest, next: undefined, remaining: undefined };
  const page = rest.slice(0, limit);
  const { namespace, name } = page.at(-1)!;
  return {
    objects: page,
    next: encodeContinue({ revision, namespace, name }),
    remaining: rest.length - limit,
  };
}

/** A list at revision 0 may come from any cache and is never cut. */
function limitOf(request: ResourceRequest): number {
  const text = request.query.get('limit') ?? '';
  if (text === '') return 0;
  if (!/^\d{1,15}$/.test(text)) {
    throw errors.badRequest(`limit: Invalid value: ${JSON.stringify(text.slice(0, 64))}: must be a number`);
  }
  const isAny = requestedRevision(request) === 0 && request.query.get('resourceVersionMatch') === null;
  return isAny ? 0 : Number(text);
}

function firstAfter(objects: readonly StoredObject[], { namespace, name }: Continue): number {
  const index = objects.findIndex(
    (object) => object.namespace > namespace || (object.namespace === namespace && object.name > name),
  );
  return index === -1 ? objects.length : index;
}
