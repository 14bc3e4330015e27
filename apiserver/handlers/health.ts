import type { ApiResponse } from '../../platform/api-transport.ts';
import { errors } from '../errors.ts';
import { textAnswer } from '../respond/answer.ts';

const ALIVE = ['ping', 'log', 'etcd', 'poststarthook/rbac/bootstrap-roles'] as const;

/** The checks behind each path; what they check is done before the server listens, so each holds while it does. */
const CHECKS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['healthz', ALIVE],
  ['livez', ALIVE],
  ['readyz', [...ALIVE, 'informer-sync', 'shutdown']],
]);

/** `/readyz`, `/readyz?verbose`, `/readyz/ping` and the same of the others; undefined for any other path. */
export function healthAnswer(path: string, query: URLSearchParams): ApiResponse | undefined {
  const [, root = '', ...rest] = path.split('/');
  const checks = CHECKS.get(root);
  if (!checks) return undefined;
  if (rest.length > 0) {
    if (!checks.includes(rest.join('/'))) throw errors.noSuchPath();
    return textAnswer(200, 'ok');
  }
  if (!query.has('verbose')) return textAnswer(200, 'ok');
  const excluded = new Set(query.getAll('exclude'));
  const lines = checks.map((check) => `[+]${check} ${excluded.has(check) ? 'excluded: ok' : 'ok'}`);
  return textAnswer(200, `${[...lines, `${root} check passed`].join('\n')}\n`);
}
