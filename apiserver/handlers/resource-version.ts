import { sleep } from '../../platform/clock.ts';
import { errors } from '../errors.ts';
import type { ResourceRequest } from './resource-request.ts';

/** How long a request waits for a revision that this server has not seen yet. */
const FRESHNESS_WAIT_MS = 3_000;

/** `resourceVersion=`: undefined when it is not given. A 400 when it is no number. */
export function requestedRevision({ query }: ResourceRequest): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw errors.badRequest(
    `resourceVersion: Invalid value: ${JSON.stringify(text.slice(0, 64))}: strconv.ParseUint: parsing ${JSON.stringify(text.slice(0, 64))}: invalid syntax`,
  );
}

/** Waits until the caches are as new as the request demands; 504 when that does not come. */
export async function awaitRevision(request: ResourceRequest): Promise<void> {
  const { context } = request;
  const wanted = requestedRevision(request) ?? 0;
  if (wanted <= context.registry.revision) return;
  const stop = new AbortController();
  const tooLate = sleep(context.clock, FRESHNESS_WAIT_MS, stop.signal).catch(() => {});
  await Promise.race([context.registry.waitUntilFresh(wanted), tooLate]);
  stop.abort();
  if (wanted > context.registry.revision)
    throw errors.tooLargeResourceVersion(wanted, context.registry.revision);
}
