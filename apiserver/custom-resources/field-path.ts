import { isJsonObject, type JsonObject, own, setOwn } from '../../openapi/decode-json.ts';
import type { FieldPath } from '../registry/kind.ts';

/** `.spec.replicas` as the names of fields. */
export function parseFieldPath(path: string): FieldPath {
  return path.split('.').slice(1);
}

/** The value at a path; undefined when there is none. */
export function valueAt(object: unknown, path: FieldPath): unknown {
  let value = object;
  for (const name of path) value = isJsonObject(value) ? own(value, name) : undefined;
  return value;
}

/** Sets the value at a path; objects on the way are made where they are missing. */
export function setValueAt(object: JsonObject, path: FieldPath, value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return setOwn(object, name, value);
  const present = own(object, name);
  const inner = isJsonObject(present) ? present : {};
  if (inner !== present) setOwn(object, name, inner);
  setValueAt(inner, rest, value);
}
