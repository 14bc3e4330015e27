import type { ApiResponse } from '../../platform/api-transport.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { tableOf } from '../printers/table.ts';
import type { ResourceStore } from '../registry/resource-store.ts';
import { formatted } from './answer.ts';
import type { Representation } from './negotiate.ts';
import { partialMetadata } from './partial-metadata.ts';

/** What a Table needs to know besides its objects. */
export interface TableContext {
  readonly now: number;
  readonly includeObject: string;
}

/** One object in the representation that was asked for: the stored bytes themselves, if they are what was. */
export function objectAnswer(
  status: number,
  store: ResourceStore,
  object: StoredObject,
  representation: Representation,
  table: TableContext,
): ApiResponse {
  if (representation.as === 'object') return formatted(status, object.bytes, representation);
  const body =
    representation.as === 'partial'
      ? partialMetadata(object.object)
      : tableOf(store.definition, [object.object], { resourceVersion: String(object.revision) }, table);
  return formatted(status, Buffer.from(JSON.stringify(body)), representation);
}

/** An object that is not stored: a dry run's outcome, or a subresource's kind. */
export function plainAnswer(status: number, object: object, representation: Representation): ApiResponse {
  const { as } = representation;
  const body = as === 'partial' ? partialMetadata(object as KubeObject) : object;
  return formatted(status, Buffer.from(JSON.stringify(body)), representation);
}

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string | undefined;
  readonly remainingItemCount?: number | undefined;
}

/** A list, made by joining stored bytes where the objects themselves are wanted. */
export function listAnswer(
  store: ResourceStore,
  objects: readonly StoredObject[],
  meta: ListMeta,
  representation: Representation,
  table: TableContext,
): ApiResponse {
  if (representation.as === 'object') return formatted(200, joinList(store, objects, meta), representation);
  const all = objects.map(({ object }) => object);
  const body =
    representation.as === 'table'
      ? tableOf(store.definition, all, meta, table)
      : {
          kind: 'PartialObjectMetadataList',
          apiVersion: 'meta.k8s.io/v1',
          metadata: meta,
          items: all.map(partialMetadata),
        };
  return formatted(200, Buffer.from(JSON.stringify(body)), representation);
}

/** Items go without kind and apiVersion, as Kubernetes' own lists do. */
function joinList(store: ResourceStore, objects: readonly StoredObject[], meta: ListMeta): Uint8Array {
  const kind = `${store.definition.kind}List`;
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":"${store.apiVersion}","metadata":${JSON.stringify(meta)},"items":[`;
  const { prefixLength } = store;
  let size = Buffer.byteLength(head) + 2;
  for (const { bytes } of objects) size += bytes.length - prefixLength + 2;
  const body = Buffer.allocUnsafe(size);
  let at = body.write(head);
  for (const [index, { bytes }] of objects.entries()) {
    if (index > 0) body[at++] = COMMA;
    body[at++] = BRACE;
    body.set(prefixLength === 0 ? bytes : bytes.subarray(prefixLength), at);
    at += bytes.length - prefixLength;
  }
  at += body.write(']}', at);
  return body.subarray(0, at);
}

const COMMA = 0x2c;
const BRACE = 0x7b;
