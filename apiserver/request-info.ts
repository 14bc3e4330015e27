/** What a request is about, read from its method and path (k8s apiserver/pkg/endpoints/request/requestinfo.go). */
export interface RequestInfo {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** `/api/...` and `/apis/...` paths that name a resource. */
  readonly resource: ResourceInfo | undefined;
}

export interface ResourceInfo {
  /** The API verb: get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** What follows a subresource, such as a proxied path. */
  readonly rest: string;
}

const NO_QUERY = new URLSearchParams();
const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Throws URIError for a path whose escapes are broken. */
export function parseRequestInfo(method: string, url: string): RequestInfo {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1));
  return { method, path, query, resource: parseResource(method, path, query) };
}

function parseResource(method: string, path: string, query: URLSearchParams): ResourceInfo | undefined {
  const raw = path.split('/');
  if (raw[raw.length - 1] === '') raw.pop();
  const isCore = raw[1] === 'api';
  if (!isCore && raw[1] !== 'apis') return undefined;
  const parts = path.includes('%') ? raw.map(decodeURIComponent) : raw;
  let at = isCore ? 3 : 4;
  if (parts[at] === undefined) return undefined;
  const isOldWatch = parts[at] === 'watch';
  if (isOldWatch) at++;
  let namespace = '';
  // `namespaces/x`, `namespaces/x/status` and `.../finalize` are about the namespace itself.
  const tail = parts[at] === 'namespaces' ? parts[at + 2] : undefined;
  if (tail !== undefined && tail !== 'status' && tail !== 'finalize') {
    namespace = parts[at + 1] ?? '';
    at += 2;
  }
  const name = parts[at + 1] ?? '';
  return {
    verb: verbOf(method, name, query, isOldWatch),
    group: isCore ? '' : (parts[2] ?? ''),
    version: (isCore ? parts[2] : parts[3]) ?? '',
    namespace,
    resource: parts[at] ?? '',
    subresource: parts[at + 2] ?? '',
    name,
    rest: parts.length > at + 3 ? parts.slice(at + 3).join('/') : '',
  };
}

function verbOf(method: string, name: string, query: URLSearchParams, isOldWatch: boolean): string {
  const verb = VERBS[method] ?? method.toLowerCase();
  if (verb === 'get') {
    const watch = query === NO_QUERY ? null : query.get('watch');
    if (isOldWatch || (watch !== null && watch !== '0' && watch !== 'false')) return 'watch';
    return name === '' ? 'list' : 'get';
  }
  return verb === 'delete' && name === '' ? 'deletecollection' : verb;
}
