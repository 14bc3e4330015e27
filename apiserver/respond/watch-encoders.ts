import type { WatchEventType } from '../cache/cache-event.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import type { WatchEncoder } from '../cache/watcher.ts';
import { tableOf } from '../printers/table.ts';
import type { ResourceStore } from '../registry/resource-store.ts';
import type { Representation } from './negotiate.ts';
import type { TableContext } from './object-answer.ts';
import { partialMetadata } from './partial-metadata.ts';

const END = Buffer.from('}\n');
const HEADS: Readonly<Record<WatchEventType, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};

/** The encoder of a watch's representation. */
export function watchEncoder(
  store: ResourceStore,
  { as }: Representation,
  table: () => TableContext,
): WatchEncoder {
  if (as === 'table') return tableEncoder(store, table);
  return as === 'partial' ? partialEncoder(store) : objectEncoder(store);
}

/** A watch event as one line of JSON. */
function line(type: string, object: object): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

function bookmarkLine(kind: string, apiVersion: string, revision: number, initialEventsEnd: boolean): Buffer {
  const metadata = {
    resourceVersion: String(revision),
    creationTimestamp: null,
    ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
  };
  return line('BOOKMARK', { kind, apiVersion, metadata });
}

function objectEncoder(store: ResourceStore): WatchEncoder {
  return {
    key: 'object',
    frame: (type: WatchEventType, { bytes }: StoredObject) => Buffer.concat([HEADS[type], bytes, END]),
    bookmark: (revision, end) => bookmarkLine(store.definition.kind, store.apiVersion, revision, end),
    error: (status) => line('ERROR', status),
  };
}

function partialEncoder(_store: ResourceStore): WatchEncoder {
  return {
    key: 'partial',
    frame: (type, { object }) => line(type, partialMetadata(object)),
    bookmark: (revision, end) => bookmarkLine('PartialObjectMetadata', 'meta.k8s.io/v1', revision, end),
    error: (status) => line('ERROR', status),
  };
}

/** Column definitions go out with the first event of each watch only, so that no two watches share frames. */
function tableEncoder(store: ResourceStore, table: () => TableContext): WatchEncoder {
  let isFirst = true;
  const tableFor = (objects: readonly StoredObject[], revision: number): object => {
    const all = objects.map(({ object }) => object);
    const full = tableOf(store.definition, all, { resourceVersion: String(revision) }, table());
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
