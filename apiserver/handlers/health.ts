import type { ApiResponse } from '../../platform/api-transport.ts';
import { sleep } from '../../platform/clock.ts';
import { errors } from '../errors.ts';
import { textAnswer } from '../respond/answer.ts';
import type { ServerContext } from '../server-context.ts';

const STORAGE = 'etcd';
const STORAGE_MS = 2_000;
const ALIVE = ['ping', 'log', STORAGE, 'poststarthook/rbac/bootstrap-roles'] as const;

/**
 * The checks behind each path. What most of them check is done before the server listens, so they hold while
 * it does; whether storage answers is asked every time.
 */
const CHECKS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['healthz', ALIVE],
  ['livez', ALIVE],
  ['readyz', [...ALIVE, 'informer-sync', 'shutdown']],
]);

type Served = Pick<ServerContext, 'registry' | 'clock'>;

/** `/readyz`, `/readyz?verbose`, `/readyz/ping` and the same of the others; undefined for any other path. */
export function healthAnswer(
  context: Served,
  path: string,
  query: URLSearchParams,
): Promise<ApiResponse> | undefined {
  const [, root = '', ...rest] = path.split('/');
  const checks = CHECKS.get(root);
  if (!checks) return undefined;
  if (rest.length === 0) return allAnswer(context, root, checks, query);
  const check = rest.join('/');
  if (!checks.includes(check)) throw errors.noSuchPath();
  return oneAnswer(context, check);
}

async function oneAnswer(context: Served, check: string): Promise<ApiResponse> {
  if (await holds(context, check)) return textAnswer(200, 'ok');
  return textAnswer(500, `internal server error: ${check} does not answer\n`);
}

async function allAnswer(
  context: Served,
  root: string,
  checks: readonly string[],
  query: URLSearchParams,
): Promise<ApiResponse> {
  const excluded = new Set(query.getAll('exclude'));
  let passed = true;
  const lines: string[] = [];
  for (const check of checks) {
    const good = excluded.has(check) || (await holds(context, check));
    passed &&= good;
    if (good) lines.push(`[+]${check} ${excluded.has(check) ? 'excluded: ok' : 'ok'}`);
    else lines.push(`[-]${check} failed: reason withheld`);
  }
  if (passed && !query.has('verbose')) return textAnswer(200, 'ok');
  const text = [...lines, `${root} check ${passed ? 'passed' : 'failed'}`].join('\n');
  return textAnswer(passed ? 200 : 500, `${text}\n`);
}

async function holds({ registry, clock }: Served, check: string): Promise<boolean> {
  const answer = check === STORAGE ? registry.catchUp() : undefined;
  if (!answer) return true;
  const late = new AbortController();
  try {
    return await Promise.race([
      answer.then(() => true),
      sleep(clock, STORAGE_MS, late.signal).then(() => false),
    ]);
  } catch {
    return false;
  } finally {
    late.abort();
  }
}
