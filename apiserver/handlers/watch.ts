import type { ApiResponse } from '../../platform/api-transport.ts';
import type { WatchEncoder, Watcher } from '../cache/watcher.ts';
import { errors, StatusError } from '../errors.ts';
import { streamAnswer } from '../respond/answer.ts';
import { STREAM_FORMATS } from '../respond/negotiate.ts';
import { watchEncoder } from '../respond/watch-encoders.ts';
import { isTrue } from './is-true.ts';
import { type ResourceRequest, representationOf, tableContext } from './resource-request.ts';
import { awaitRevision, requestedRevision } from './resource-version.ts';
import { selectionOf } from './selection.ts';

const SHORTEST_DEFAULT_MS = 30 * 60_000;
/** No watch lasts longer than this, whatever the client asks for. */
const LONGEST_MS = 24 * 3_600_000;

/** Streams events until the client goes, the time is over, or the server closes. */
export async function watchObjects(request: ResourceRequest): Promise<ApiResponse> {
  const wantsInitial = checkInitialEvents(request);
  const representation = representationOf(request, STREAM_FORMATS);
  const encoder = watchEncoder(request.store, representation, () => tableContext(request));
  if (wantsInitial) await awaitRevision(request);
  else if (!(await hasComeTo(request))) return streamAnswer(expired(request, encoder), representation.format);
  const watcher = open(request, encoder, wantsInitial);
  if (!watcher) return streamAnswer(expired(request, encoder), representation.format);
  endWith(request, watcher);
  return streamAnswer(watcher, representation.format);
}

/** A revision that never comes is another history's: the client has to list again. */
async function hasComeTo(request: ResourceRequest): Promise<boolean> {
  try {
    await awaitRevision(request);
    return true;
  } catch (error) {
    if (error instanceof StatusError && error.code === 504) return false;
    throw error;
  }
}

/** `sendInitialEvents` (KEP-3157): undefined when the client does not use it. */
function checkInitialEvents({ query }: ResourceRequest): boolean | undefined {
  const text = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  const forbidden = (field: string, detail: string): never => {
    throw errors.invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      { field, reason: 'FieldValueForbidden', message: `Forbidden: ${detail}` },
    ]);
  };
  if (text === null) {
    if (match !== '') {
      forbidden(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      );
    }
    return undefined;
  }
  if (match !== 'NotOlderThan') {
    forbidden(
      'resourceVersionMatch',
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  }
  return text !== 'false' && text !== '0';
}

function open(
  request: ResourceRequest,
  encoder: WatchEncoder,
  wantsInitial: boolean | undefined,
): Watcher | undefined {
  const { store, context, query } = request;
  const scope = selectionOf(request);
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  const revision = requestedRevision(request);
  const present = context.registry.revision;
  if (wantsInitial === true) {
    return store.cache.watchFromState(
      scope,
      encoder,
      bookmarks,
      bookmarks ? [encoder.bookmark(present, true)] : [],
    );
  }
  // Without a revision, or with 0, the client takes the present state as a row of ADDED events.
  const fromState = (revision ?? 0) === 0 && wantsInitial === undefined;
  if (fromState) return store.cache.watchFromState(scope, encoder, bookmarks, []);
  return store.cache.watchFrom(revision || present, scope, encoder, bookmarks);
}

/** History is gone: said inside the stream, as clients of a watch expect. */
async function* expired(request: ResourceRequest, encoder: WatchEncoder): AsyncGenerator<Uint8Array> {
  const revision = requestedRevision(request) ?? 0;
  const { status } = errors.expired(
    `too old resource version: ${revision} (${request.context.registry.revision})`,
  );
  yield encoder.error(status);
}

/** Ends a watch with its client or its time; before it ends in time it says how far it got. */
function endWith(request: ResourceRequest, watcher: Watcher): void {
  const { context } = request;
  const { signal } = request.request;
  const timer = context.clock.setTimeout(() => {
    if (watcher.bookmarks) watcher.push(watcher.encoder.bookmark(context.registry.revision, false));
    watcher.close();
  }, watchDuration(request));
  const close = (): void => watcher.close();
  signal?.addEventListener('abort', close, { once: true });
  watcher.onClosed(() => {
    context.clock.clearTimeout(timer);
    signal?.removeEventListener('abort', close);
  });
  if (signal?.aborted) watcher.close();
}

function watchDuration({ query, context }: ResourceRequest): number {
  const seconds = Number(query.get('timeoutSeconds') ?? '0');
  if (seconds > 0) return Math.min(seconds * 1000, LONGEST_MS);
  return SHORTEST_DEFAULT_MS * (1 + context.rng.float());
}
