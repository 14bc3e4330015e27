import type { MessageKey } from '../../openapi/field-table.ts';
import { watchFrame } from '../../openapi/protobuf-envelope.ts';
import type { WatchEventType } from '../cache/cache-event.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import type { WatchEncoder } from '../cache/watcher.ts';
import type { Status } from '../errors.ts';
import { tableOf } from '../printers/table.ts';
import type { ResourceStore } from '../registry/resource-store.ts';
import type { Representation } from './negotiate.ts';
import type { TableContext } from './object-answer.ts';
import { PARTIAL_KIND, PARTIAL_MESSAGE, PARTIAL_VERSION, partialMetadata } from './partial-metadata.ts';
import { sealed, sealedAs, type TypedObject } from './sealed.ts';

const END = Buffer.from('}\n');
const HEADS: Readonly<Record<WatchEventType, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};

/** The encoder of a watch's representation. */
export function watchEncoder(
  store: ResourceStore,
  { as, format }: Representation,
  table: () => TableContext,
): WatchEncoder {
  if (as === 'table') return tableEncoder(store, table);
  if (format === 'protobuf') return as === 'partial' ? PROTOBUF_PARTIALS : protobufEncoder(store);
  return as === 'partial' ? PARTIALS : objectEncoder(store);
}

/** A watch event as one line of JSON. */
function line(type: string, object: object): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

function bookmarkObject(
  kind: string,
  apiVersion: string,
  revision: number,
  initialEventsEnd: boolean,
): KubeObject {
  const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  return { kind, apiVersion, metadata: { resourceVersion: String(revision), ...annotations } };
}

function objectEncoder({ definition: { kind }, apiVersion }: ResourceStore): WatchEncoder {
  return {
    key: 'object',
    frame: (type: WatchEventType, { bytes }: StoredObject) => Buffer.concat([HEADS[type], bytes, END]),
    bookmark: (revision, end) => line('BOOKMARK', bookmarkObject(kind, apiVersion, revision, end)),
    error: (status) => line('ERROR', status),
  };
}

function protobufEncoder(store: ResourceStore): WatchEncoder {
  const { kind, message } = store.definition;
  return {
    key: 'protobuf',
    frame: (type, object) => watchFrame(type, sealed(store, object).bytes),
    bookmark: (revision, end) =>
      protobufFrame('BOOKMARK', message, bookmarkObject(kind, store.apiVersion, revision, end)),
    error: protobufError,
  };
}

const PARTIALS: WatchEncoder = {
  key: 'partial',
  frame: (type, { object }) => line(type, partialMetadata(object)),
  bookmark: (revision, end) => line('BOOKMARK', partialBookmark(revision, end)),
  error: (status) => line('ERROR', status),
};

const PROTOBUF_PARTIALS: WatchEncoder = {
  key: 'protobuf partial',
  frame: (type, { object }) => protobufFrame(type, PARTIAL_MESSAGE, partialMetadata(object)),
  bookmark: (revision, end) => protobufFrame('BOOKMARK', PARTIAL_MESSAGE, partialBookmark(revision, end)),
  error: protobufError,
};

function partialBookmark(revision: number, initialEventsEnd: boolean): KubeObject {
  return bookmarkObject(PARTIAL_KIND, PARTIAL_VERSION, revision, initialEventsEnd);
}

function protobufFrame(type: string, message: MessageKey, object: TypedObject): Uint8Array {
  return watchFrame(type, sealedAs(message, object).bytes);
}

function protobufError(status: Status): Uint8Array {
  return protobufFrame('ERROR', 'apis.meta.v1.Status', status);
}

/** Column definitions go out with the first event of each watch only, so that no two watches share frames. */
function tableEncoder(store: ResourceStore, table: () => TableContext): WatchEncoder {
  let isFirst = true;
  const tableFor = (objects: readonly StoredObject[], revision: number): object => {
    const all = objects.map(({ object }) => object);
    const full = tableOf(store.kind.columns, all, { resourceVersion: String(revision) }, table());
    const shown = isFirst ? full : { ...full, columnDefinitions: undefined };
    isFirst = false;
    return shown;
  };
  return {
    key: `table ${tableWatches++}`,
    frame: (type, object) => line(type, tableFor([object], object.revision)),
    bookmark: (revision) => line('BOOKMARK', tableFor([], revision)),
    error: (status) => line('ERROR', status),
  };
}

let tableWatches = 0;
