import type { ResourceDefinition, ResourceObject } from '../openapi/resources.ts';
import type { ApiRequest, ApiResponse, ApiTransport } from '../platform/api-transport.ts';
import { ApiError, type ApiStatus } from './api-error.ts';
import { readLines } from './read-lines.ts';

/** A list answer; `metadata.resourceVersion` is where a watch goes on from. */
export interface ObjectList<T> {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[];
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | {
      readonly type: 'BOOKMARK';
      readonly object: { readonly metadata: { readonly resourceVersion: string } };
    }
  | { readonly type: 'ERROR'; readonly object: ApiStatus };

export interface Scope {
  /** Left out: every namespace, or a resource that has none. */
  readonly namespace?: string | undefined;
}

export interface ListOptions extends Scope {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WatchOptions extends ListOptions {
  readonly timeoutSeconds?: number;
}

export interface DeleteOptions extends Scope {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: {
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
}

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const;

export type PatchType = keyof typeof PATCH_TYPES;

/** Typed calls on an API server, one method a verb. A failed call rejects with an {@link ApiError}. */
export class RestClient {
  readonly #transport: ApiTransport;
  readonly #userAgent: string;
  /** Asks for objects cut down to their metadata. */
  readonly #metadataOnly: boolean;

  constructor(transport: ApiTransport, userAgent: string, options: { readonly metadataOnly?: boolean } = {}) {
    this.#transport = transport;
    this.#userAgent = userAgent;
    this.#metadataOnly = options.metadataOnly ?? false;
  }

  /** The same connection, for callers that need only metadata: PartialObjectMetadata answers. */
  metadataOnly(): RestClient {
    return new RestClient(this.#transport, this.#userAgent, { metadataOnly: true });
  }

  get<R extends ResourceDefinition>(
    resource: R,
    name: string,
    scope: Scope = {},
  ): Promise<ResourceObject<R>> {
    return this.#call('GET', pathOf(resource, scope.namespace, name));
  }

  /** The server leaves apiVersion and kind out of a list's items; here every item has them. */
  async list<R extends ResourceDefinition>(
    resource: R,
    options: ListOptions = {},
  ): Promise<ObjectList<ResourceObject<R>>> {
    const { namespace, signal, ...query } = options;
    const url = pathOf(resource, namespace) + queryString(query);
    const list = await this.#call<ObjectList<ResourceObject<R>>>('GET', url, { signal });
    return { ...list, items: list.items.map((item) => typed(resource, item) as ResourceObject<R>) };
  }

  create<R extends ResourceDefinition>(
    resource: R,
    object: ResourceObject<R>,
    scope: Scope = {},
  ): Promise<ResourceObject<R>> {
    return this.#call('POST', pathOf(resource, scope.namespace), { body: typed(resource, object) });
  }

  update<R extends ResourceDefinition>(
    resource: R,
    object: ResourceObject<R>,
    subresource?: string,
  ): Promise<ResourceObject<R>> {
    const { name, namespace } = (object as { metadata: { name: string; namespace?: string } }).metadata;
    return this.#call('PUT', pathOf(resource, namespace, name, subresource), {
      body: typed(resource, object),
    });
  }

  patch<R extends ResourceDefinition>(
    resource: R,
    name: string,
    type: PatchType,
    patch: object,
    options: Scope & { readonly subresource?: string } = {},
  ): Promise<ResourceObject<R>> {
    return this.#call('PATCH', pathOf(resource, options.namespace, name, options.subresource), {
      body: patch,
      contentType: PATCH_TYPES[type],
    });
  }

  async delete<R extends ResourceDefinition>(
    resource: R,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { namespace, ...body } = options;
    await this.#call('DELETE', pathOf(resource, namespace, name), {
      body: { kind: 'DeleteOptions', apiVersion: 'v1', ...body },
    });
  }

  async deleteCollection(resource: ResourceDefinition, options: DeleteOptions = {}): Promise<void> {
    const { namespace, ...body } = options;
    await this.#call('DELETE', pathOf(resource, namespace), {
      body: { kind: 'DeleteOptions', apiVersion: 'v1', ...body },
    });
  }

  /** POSTs to a subresource, such as a pod's `binding`. */
  async createSubresource(
    resource: ResourceDefinition,
    name: string,
    subresource: string,
    body: object,
    scope: Scope = {},
  ): Promise<void> {
    await this.#call('POST', pathOf(resource, scope.namespace, name, subresource), { body });
  }

  /** Streams events until the server ends the watch or the signal aborts. */
  async *watch<R extends ResourceDefinition>(
    resource: R,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<ResourceObject<R>>> {
    const { namespace, signal, ...query } = options;
    const url =
      pathOf(resource, namespace) + queryString({ ...query, watch: 'true', allowWatchBookmarks: 'true' });
    const response = await this.#send('GET', url, { signal });
    if (response.status !== 200) throw await failureOf(response);
    for await (const line of readLines(chunksOf(response.body))) {
      yield JSON.parse(line) as WatchEvent<ResourceObject<R>>;
    }
  }

  /** Any other request, such as `/version`; answers the parsed JSON. */
  raw<T>(method: string, url: string, body?: object, accept?: string): Promise<T> {
    return this.#call(method, url, {
      ...(body === undefined ? {} : { body }),
      ...(accept === undefined ? {} : { accept }),
    });
  }

  async #call<T>(method: string, url: string, options: CallOptions = {}): Promise<T> {
    const response = await this.#send(method, url, options);
    if (response.status >= 300) throw await failureOf(response);
    return JSON.parse(await textOf(response)) as T;
  }

  #send(method: string, url: string, options: CallOptions): Promise<ApiResponse> {
    const request: ApiRequest = {
      method,
      url,
      headers: {
        accept: options.accept ?? this.#accept(url),
        'user-agent': this.#userAgent,
        ...(options.body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }),
      },
      ...(options.body === undefined ? {} : { body: Buffer.from(JSON.stringify(options.body)) }),
      ...(options.signal ? { signal: options.signal } : {}),
    };
    return this.#transport.request(request);
  }

  #accept(url: string): string {
    if (!this.#metadataOnly) return 'application/json';
    const kind = url.includes('?') ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
    const as = url.includes('watch=true') ? 'PartialObjectMetadata' : kind;
    return `application/json;as=${as};g=meta.k8s.io;v=v1`;
  }
}

interface CallOptions {
  readonly body?: object;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

function typed(resource: ResourceDefinition, object: unknown): object {
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  return { apiVersion, kind: resource.kind, ...(object as object) };
}

/** The path of a collection, an object or a subresource (Kubernetes API concepts, "Resource URIs"). */
function pathOf(
  resource: ResourceDefinition,
  namespace?: string,
  name?: string,
  subresource?: string,
): string {
  const root =
    resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scoped = resource.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
  const tail = [name, subresource].filter((part) => part !== undefined).map((part) => `/${part}`);
  return `${root}${scoped}/${resource.resource}${tail.join('')}`;
}

function queryString(query: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

async function* chunksOf(body: ApiResponse['body']): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body;
  else yield* body;
}

async function textOf(response: ApiResponse): Promise<string> {
  if (response.body instanceof Uint8Array) return Buffer.from(response.body).toString();
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function failureOf(response: ApiResponse): Promise<ApiError> {
  const text = await textOf(response);
  try {
    return new ApiError(response.status, JSON.parse(text) as ApiStatus);
  } catch {
    return new ApiError(response.status, { message: text });
  }
}
