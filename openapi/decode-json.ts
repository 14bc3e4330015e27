import {
  type Field,
  type FieldType,
  jsonFields,
  type MessageKey,
  messageFields,
  splitMessageKey,
} from './field-table.ts';
import { canonicalQuantity } from './quantity.ts';
import { unionField, unionOf } from './unions.ts';

/** A JSON object of any shape. */
export type JsonObject = Record<string, unknown>;

/** The body's types do not fit the kind; the message is what Go's decoder says. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** What was read: an object with nulls and unknown fields gone, and the paths of the unknown ones. */
export interface Decoded {
  readonly object: JsonObject;
  readonly unknownFields: readonly string[];
}

/** A body that nests deeper than this is refused: recursion must stay bounded. */
const MAX_DEPTH = 200;
/** Further unknown fields are dropped without a word. */
const MAX_UNKNOWN = 100;

interface Walk {
  readonly unknown: string[];
  /** Where we are in the body, for unknown fields: `spec.ports[0].name`. */
  path: string;
  /** The same without indexes, for Go's messages. */
  goPath: string;
  struct: string;
  depth: number;
}

/**
 * Checks parsed JSON against a message of the table and copies it. Types are never coerced: `"80"` for a
 * port is an error. Quantities become canonical text, null fields are left out. The value must come from
 * JSON.parse.
 */
export function decodeJson(message: MessageKey, value: unknown, isKind = true): Decoded {
  const walk: Walk = { unknown: [], path: '', goPath: '', struct: splitMessageKey(message).name, depth: 0 };
  if (!isJsonObject(value)) throw mismatch(walk, value, `v1.${walk.struct}`);
  const object = readMessage(message, value, walk, isKind);
  return { object, unknownFields: walk.unknown };
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readMessage(message: MessageKey, value: JsonObject, walk: Walk, isKind: boolean): JsonObject {
  const fields = jsonFields(message);
  const result: JsonObject = {};
  const { path, goPath, struct } = walk;
  if (++walk.depth > MAX_DEPTH) throw new DecodeError('exceeded max depth');
  for (const name of Object.keys(value)) {
    const inner = value[name];
    const field = fields.get(name);
    if (!field) {
      if (isKind && (name === 'kind' || name === 'apiVersion')) result[name] = inner;
      else if (walk.unknown.length < MAX_UNKNOWN) walk.unknown.push(path === '' ? name : `${path}.${name}`);
      continue;
    }
    if (inner === null) continue;
    walk.path = path === '' ? name : `${path}.${name}`;
    walk.goPath = goPath === '' ? name : `${goPath}.${name}`;
    walk.struct = struct;
    result[name] = readField(field, inner, walk);
  }
  walk.depth--;
  walk.path = path;
  walk.goPath = goPath;
  walk.struct = struct;
  return result;
}

function readField(field: Field, value: unknown, walk: Walk): unknown {
  const { type } = field;
  if (type.kind === 'message') {
    if (!isJsonObject(value)) throw mismatch(walk, value, `v1.${splitMessageKey(type.message).name}`);
    walk.struct = splitMessageKey(type.message).name;
    return readMessage(type.message, value, walk, false);
  }
  return readValue(type, value, walk);
}

function readValue(type: FieldType, value: unknown, walk: Walk): unknown {
  switch (type.kind) {
    case 'message': {
      if (value === null) return {};
      if (!isJsonObject(value)) throw mismatch(walk, value, `v1.${splitMessageKey(type.message).name}`);
      walk.struct = splitMessageKey(type.message).name;
      return readMessage(type.message, value, walk, false);
    }
    case 'list':
      return readList(type.item, value, walk);
    case 'map':
      return readMap(type.value, value, walk);
    case 'union':
      return readUnion(type.message, value, walk);
    default:
      return readScalar(type.kind, value, walk);
  }
}

function readUnion(message: MessageKey, value: unknown, walk: Walk): unknown {
  const union = unionOf(message);
  const name = union && unionField(union, value);
  const field = messageFields(message).find((each) => each.name === name);
  if (!field) throw mismatch(walk, value, splitMessageKey(message).name);
  return readValue(field.type, value, walk);
}

function readList(item: FieldType, value: unknown, walk: Walk): unknown[] {
  if (!Array.isArray(value)) throw mismatch(walk, value, `[]${goType(item)}`);
  const { path, struct } = walk;
  const result: unknown[] = [];
  for (let index = 0; index < value.length; index++) {
    walk.path = `${path}[${index}]`;
    walk.struct = struct;
    result.push(readValue(item, value[index], walk));
  }
  walk.path = path;
  return result;
}

function readMap(item: FieldType, value: unknown, walk: Walk): JsonObject {
  if (!isJsonObject(value)) throw mismatch(walk, value, `map[string]${goType(item)}`);
  const { path } = walk;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    walk.path = `${path}.${key}`;
    setOwn(result, key, readValue(item, value[key], walk));
  }
  walk.path = path;
  return result;
}

/** A field that a user named; what an object has of its prototype does not count. */
export function own(object: JsonObject, name: string): unknown {
  const value = object[name];
  if (typeof value !== 'function' && name !== '__proto__') return value;
  return Object.hasOwn(object, name) ? value : undefined;
}

/** Sets a key that a user chose: `__proto__` becomes an ordinary property. */
export function setOwn(object: JsonObject, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
/** What metav1.Time writes: UTC, whole seconds. */
const CANONICAL_TIME = /^[\d-]{10}T[\d:]{8}Z$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function readScalar(kind: string, value: unknown, walk: Walk): unknown {
  switch (kind) {
    case 'string':
      // A null list item or map value is Go's zero value.
      if (value === null) return '';
      if (typeof value === 'string') return value;
      throw mismatch(walk, value, 'string');
    case 'bool':
      if (typeof value === 'boolean') return value;
      throw mismatch(walk, value, 'bool');
    case 'int32':
    case 'int64':
      return readInteger(kind, value, walk);
    case 'double':
      if (typeof value === 'number') return value;
      throw mismatch(walk, value, 'float64');
    case 'intOrString':
      if (typeof value === 'string') return value;
      return readInteger('int32', value, walk);
    case 'quantity':
      return readQuantity(value);
    case 'time':
    case 'microTime':
      return readTime(kind, value, walk);
    case 'bytes':
      if (typeof value !== 'string') throw mismatch(walk, value, '[]uint8');
      if (!BASE64.test(value)) throw new DecodeError('illegal base64 data in input');
      return value;
    case 'stringList':
      return readList({ kind: 'string' }, value, walk);
    case 'duration':
      if (typeof value === 'string') return value;
      throw mismatch(walk, value, 'string');
    default:
      return value;
  }
}

const BOUNDS = { int32: 2 ** 31, int64: 2 ** 63 } as const;

function readInteger(kind: 'int32' | 'int64', value: unknown, walk: Walk): number {
  if (typeof value !== 'number') throw mismatch(walk, value, kind);
  if (!Number.isInteger(value) || value >= BOUNDS[kind] || value < -BOUNDS[kind]) {
    throw mismatch(walk, value, kind, `number ${value}`);
  }
  return value;
}

function readQuantity(value: unknown): string {
  const canonical =
    typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(String(value)) : undefined;
  if (canonical === undefined) {
    throw new DecodeError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  return canonical;
}

function readTime(kind: 'time' | 'microTime', value: unknown, walk: Walk): string {
  if (typeof value !== 'string') throw mismatch(walk, value, kind === 'time' ? 'Time' : 'MicroTime');
  if (!RFC3339.test(value) || Number.isNaN(Date.parse(value))) {
    throw new DecodeError(
      `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`,
    );
  }
  return kind === 'time' && !CANONICAL_TIME.test(value)
    ? `${new Date(value).toISOString().slice(0, 19)}Z`
    : value;
}

function goType(type: FieldType): string {
  if (type.kind === 'message' || type.kind === 'union') return `v1.${splitMessageKey(type.message).name}`;
  if (type.kind === 'list') return `[]${goType(type.item)}`;
  if (type.kind === 'map') return `map[string]${goType(type.value)}`;
  return type.kind;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function mismatch(walk: Walk, value: unknown, wanted: string, got = jsonType(value)): DecodeError {
  const where = walk.goPath === '' ? 'Go value' : `Go struct field ${walk.struct}.${walk.goPath}`;
  return new DecodeError(`json: cannot unmarshal ${got} into ${where} of type ${wanted}`);
}
