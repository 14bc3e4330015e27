import type { ResourceDefinition } from '../../openapi/resources.ts';
import type { ApiRequest, ApiResponse } from '../../platform/api-transport.ts';
import { discoveryDocument } from '../discovery/discovery-document.ts';
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from '../discovery/legacy-discovery.ts';
import { errors } from '../errors.ts';
import type { ApiMetrics } from '../metrics.ts';
import { openApiDocument, openApiIndex } from '../openapi-documents/documents.ts';
import { openApiV2 } from '../openapi-documents/openapi-v2.ts';
import type { Registry } from '../registry/registry.ts';
import type { RequestInfo } from '../request-info.ts';
import { jsonAnswer, textAnswer } from '../respond/answer.ts';
import type { ServerContext } from '../server-context.ts';
import { versionInfo } from '../version.ts';
import { healthAnswer } from './health.ts';

/** Answers a GET of a path that names no resource. */
export function answerPath(
  context: ServerContext,
  info: RequestInfo,
  request: ApiRequest,
): ApiResponse | Promise<ApiResponse> {
  const { metrics, serviceAccounts, registry } = context;
  const path = info.path.length > 1 && info.path.endsWith('/') ? info.path.slice(0, -1) : info.path;
  if (info.method !== 'GET' && info.method !== 'HEAD') throw errors.methodNotAllowed(info.method);
  const health = healthAnswer(context, path, info.query);
  if (health) return health;
  switch (path) {
    case '/metrics':
      return metricsAnswer(metrics);
    case '/.well-known/openid-configuration':
      return jsonAnswer(200, serviceAccounts.discovery(`https://${hostOf(request)}`));
    case '/openid/v1/jwks':
      return {
        ...jsonAnswer(200, serviceAccounts.jwks),
        headers: { 'content-type': 'application/jwk-set+json' },
      };
    case '/version':
      return jsonAnswer(200, versionInfo);
    case '/api':
    case '/apis':
      return discoveryRoot(registry.definitions, path === '/api' ? 'api' : 'apis', request);
    case '/openapi/v2':
      return openApiV2(request.headers.accept);
    case '/openapi/v3':
      return jsonAnswer(200, openApiIndex(registry));
    default:
      return path.startsWith(OPENAPI_PREFIX)
        ? openApi(registry, path, request)
        : discoveryPath(registry.definitions, path);
  }
}

type Definitions = readonly ResourceDefinition[];

const OPENAPI_PREFIX = '/openapi/v3/';
const ONE_YEAR_SECONDS = 31_536_000;

/** A group version's document. Its URL changes with it, so clients need not ask again. */
async function openApi(registry: Registry, path: string, { url, headers }: ApiRequest): Promise<ApiResponse> {
  const document = await openApiDocument(registry, path.slice(OPENAPI_PREFIX.length));
  if (!document) throw errors.noSuchPath();
  const { body, etag } = document;
  const caching = url.includes('hash=')
    ? `public, immutable, max-age=${ONE_YEAR_SECONDS}`
    : 'no-cache, private';
  const common = { etag, vary: 'Accept', 'cache-control': caching };
  if (headers['if-none-match'] === etag) return { status: 304, headers: common, body: new Uint8Array() };
  return { status: 200, headers: { ...common, 'content-type': 'application/json' }, body };
}

/** The first discovery form that the client accepts and we have. */
function discoveryRoot(definitions: Definitions, root: 'api' | 'apis', request: ApiRequest): ApiResponse {
  const { headers } = request;
  for (const range of (headers.accept ?? '').split(',').slice(0, 20)) {
    const match = /;g=apidiscovery\.k8s\.io;v=(v2|v2beta1);as=APIGroupDiscoveryList/.exec(
      range.replaceAll(' ', ''),
    );
    if (!match || !range.includes('application/json')) continue;
    const version = match[1] === 'v2' ? 'v2' : 'v2beta1';
    const { body, etag } = discoveryDocument(definitions, root, version);
    const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    // Also of a 304: Go's client takes its headers for those of the document that it has.
    const common = { 'content-type': contentType, etag, vary: 'Accept' };
    const isKnown = headers['if-none-match'] === etag;
    return isKnown
      ? { status: 304, headers: common, body: new Uint8Array() }
      : { status: 200, headers: common, body };
  }
  return jsonAnswer(200, root === 'api' ? apiVersions(hostOf(request)) : apiGroupList(definitions));
}

function hostOf({ headers }: ApiRequest): string {
  return headers.host ?? headers[':authority'] ?? '';
}

async function metricsAnswer(metrics: ApiMetrics): Promise<ApiResponse> {
  return textAnswer(200, await metrics.exposition(), 'text/plain; version=0.0.4; charset=utf-8');
}

function discoveryPath(definitions: Definitions, path: string): ApiResponse {
  const parts = path.split('/').slice(1);
  const [root, first = '', second] = parts;
  let found: object | undefined;
  if (root === 'api' && parts.length === 2) found = apiResourceList(definitions, '', first);
  else if (root === 'apis' && parts.length === 2) found = apiGroup(definitions, first);
  else if (root === 'apis' && parts.length === 3) found = apiResourceList(definitions, first, second ?? '');
  if (!found) throw errors.noSuchPath();
  return jsonAnswer(200, found);
}
