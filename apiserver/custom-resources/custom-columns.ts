import type { CustomResourceColumnDefinition } from '../../openapi/generated/types.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { age, type Column, nameColumn } from '../printers/column.ts';
import { compileJsonPath } from './json-path.ts';

const AGE: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
  jsonPath: '.metadata.creationTimestamp',
};

/** The columns of a version: its name and what its definition asks for (k8s registry/customresource/tableconvertor). */
export function customColumns(columns: readonly CustomResourceColumnDefinition[] = []): readonly Column[] {
  return [nameColumn, ...(columns.length === 0 ? [AGE] : columns).map(customColumn)];
}

function customColumn(column: CustomResourceColumnDefinition): Column {
  const { name = '', type = '', format = '', description = '', priority = 0, jsonPath = '' } = column;
  const find = compileJsonPath(jsonPath);
  return {
    name,
    type: type as Column['type'],
    format,
    description:
      description === ''
        ? `Custom resource definition column (in JSONPath format): ${jsonPath}`
        : description,
    priority,
    cell: (object: KubeObject, now: number) => cellOf(type, find(object)[0], now),
  };
}

/** A value of another type than its column shows nothing. */
function cellOf(type: string, value: unknown, now: number): unknown {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? dateText(value, now) : null;
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

function dateText(value: string, now: number): string {
  return Number.isNaN(Date.parse(value)) ? '<invalid>' : age(value, now);
}
