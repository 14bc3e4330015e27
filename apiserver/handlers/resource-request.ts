import type { SubresourceDefinition } from '../../openapi/resources.ts';
import type { ApiRequest, ApiResponse } from '../../platform/api-transport.ts';
import type { UserInfo } from '../authentication/user-info.ts';
import { errors } from '../errors.ts';
import type { WriteOptions } from '../registry/create-object.ts';
import type { ResourceStore } from '../registry/resource-store.ts';
import type { ResourceInfo } from '../request-info.ts';
import { type Format, negotiate, type Representation } from '../respond/negotiate.ts';
import type { TableContext } from '../respond/object-answer.ts';
import type { ServerContext } from '../server-context.ts';
import { fieldManagerOf } from './field-manager.ts';

/** One request for a served resource, as the verbs' handlers get it. */
export interface ResourceRequest {
  readonly context: ServerContext;
  readonly store: ResourceStore;
  readonly subresource: SubresourceDefinition | undefined;
  readonly info: ResourceInfo;
  readonly query: URLSearchParams;
  readonly request: ApiRequest;
  readonly user: UserInfo;
  /** Sent to the client as Warning headers. */
  readonly warnings: string[];
}

export type Handler = (request: ResourceRequest) => ApiResponse | Promise<ApiResponse>;

export function representationOf(
  { request, store }: ResourceRequest,
  formats?: readonly Format[],
): Representation {
  return negotiate(request.headers.accept, formats, store.kind.read === undefined);
}

export function tableContext({ context, query }: ResourceRequest): TableContext {
  return { now: context.clock.now(), includeObject: query.get('includeObject') ?? 'Metadata' };
}

/** How a write is done; DeleteOptions may ask for a dry run too. */
export function writeOptions(request: ResourceRequest, dryRun?: readonly string[]): WriteOptions {
  const { user, warnings } = request;
  return { user, warnings, dryRun: isDryRun(request, dryRun), manager: fieldManagerOf(request) };
}

/** `dryRun=All`; any other value is refused. */
function isDryRun({ query }: ResourceRequest, body: readonly string[] = []): boolean {
  const values = [...query.getAll('dryRun'), ...body].filter((value) => value !== '');
  if (values.some((value) => value !== 'All')) {
    throw errors.invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [
      {
        field: 'dryRun',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`,
      },
    ]);
  }
  return values.length > 0;
}
