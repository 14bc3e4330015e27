import { encodeMessage } from '../../openapi/protobuf.ts';
import { sealList } from '../../openapi/protobuf-envelope.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { tableOf } from '../printers/table.ts';
import type { ResourceStore } from '../registry/resource-store.ts';
import { formatted, plainAnswer, protobufBytes } from './answer.ts';
import type { Representation } from './negotiate.ts';
import { PARTIAL_MESSAGE, PARTIAL_VERSION, partialMetadata } from './partial-metadata.ts';
import { sealed } from './sealed.ts';

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
  const { as, format } = representation;
  if (as === 'partial') return partialAnswer(status, object.object, representation);
  if (as === 'table') {
    const meta = { resourceVersion: String(object.revision) };
    const body = tableOf(store.kind.columns, [object.object], meta, table);
    return formatted(status, Buffer.from(JSON.stringify(body)), representation);
  }
  if (format === 'protobuf') return protobufBytes(status, sealed(store, object).bytes);
  return formatted(status, object.bytes, representation);
}

/** The metadata of an object, stored or not. */
export function partialAnswer(
  status: number,
  object: KubeObject,
  representation: Representation,
): ApiResponse {
  return plainAnswer(status, PARTIAL_MESSAGE, partialMetadata(object), representation);
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
  const { as, format } = representation;
  if (format === 'protobuf') return protobufBytes(200, sealedList(store, objects, meta, as));
  if (as === 'object') return formatted(200, joinList(store, objects, meta), representation);
  const all = objects.map(({ object }) => object);
  const body =
    as === 'table'
      ? tableOf(store.kind.columns, all, meta, table)
      : {
          kind: 'PartialObjectMetadataList',
          apiVersion: PARTIAL_VERSION,
          metadata: meta,
          items: all.map(partialMetadata),
        };
  return formatted(200, Buffer.from(JSON.stringify(body)), representation);
}

function sealedList(
  store: ResourceStore,
  objects: readonly StoredObject[],
  meta: ListMeta,
  as: Representation['as'],
): Uint8Array {
  if (as === 'object') {
    const items = objects.map((object) => sealed(store, object).raw);
    return sealList(store.apiVersion, store.kind.listKind, { ...meta }, items);
  }
  const items = objects.map(({ object }) => encodeMessage(PARTIAL_MESSAGE, partialMetadata(object)));
  return sealList(PARTIAL_VERSION, 'PartialObjectMetadataList', { ...meta }, items);
}

/** Items go without kind and apiVersion, as Kubernetes' own lists do, but those of custom resources have them. */
function joinList(store: ResourceStore, objects: readonly StoredObject[], meta: ListMeta): Uint8Array {
  const kind = store.kind.listKind;
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":"${store.apiVersion}","metadata":${JSON.stringify(meta)},"items":[`;
  const prefixLength = store.kind.read ? 0 : store.prefixLength;
  let size = Buffer.byteLength(head) + 2;
  for (const { bytes } of objects) size += bytes.length - prefixLength + 2;
  const body = Buffer.allocUnsafe(size);
  let at = body.write(head);
  for (const [index, { bytes }] of objects.entries()) {
    if (index > 0) body[at++] = COMMA;
    if (prefixLength > 0) body[at++] = BRACE;
    body.set(prefixLength === 0 ? bytes : bytes.subarray(prefixLength), at);
    at += bytes.length - prefixLength;
  }
  at += body.write(']}', at);
  return body.subarray(0, at);
}

const COMMA = 0x2c;
const BRACE = 0x7b;
