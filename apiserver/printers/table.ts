import type { KubeObject } from '../cache/stored-object.ts';
import type { ListMeta, TableContext } from '../respond/object-answer.ts';
import { partialMetadata } from '../respond/partial-metadata.ts';
import type { Column } from './column.ts';

/** meta.k8s.io/v1 Table, what `kubectl get` prints. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: ListMeta;
  readonly columnDefinitions: readonly object[];
  readonly rows: readonly object[];
}

export function tableOf(
  columns: readonly Column[],
  objects: readonly KubeObject[],
  metadata: ListMeta,
  { now, includeObject }: TableContext,
): Table {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type, format, description = name, priority }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, now) ?? ''),
      ...rowObject(object, includeObject),
    })),
  };
}

function rowObject(object: KubeObject, includeObject: string): object {
  if (includeObject === 'None') return {};
  return { object: includeObject === 'Object' ? object : partialMetadata(object) };
}
