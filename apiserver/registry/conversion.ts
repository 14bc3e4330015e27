import type { KubeObject } from '../cache/stored-object.ts';

/** How objects of one served version become those of the stored version, and back. Nothing is lost on the way. */
export interface Conversion {
  toStored(object: KubeObject): KubeObject;
  /** May change its argument. */
  fromStored(object: KubeObject): KubeObject;
}

/** Renames fields; what the table does not name stays as it is. */
export function renaming(
  served: string,
  stored: string,
  names: Readonly<Record<string, string>>,
): Conversion {
  const back = Object.fromEntries(Object.entries(names).map(([from, to]) => [to, from]));
  return {
    toStored: (object) => renamed(object, stored, names),
    fromStored: (object) => renamed(object, served, back),
  };
}

function renamed(
  object: KubeObject,
  apiVersion: string,
  names: Readonly<Record<string, string>>,
): KubeObject {
  const result: KubeObject = { kind: object.kind, apiVersion, metadata: object.metadata };
  for (const [field, value] of Object.entries(object)) {
    if (!(field in result)) result[names[field] ?? field] = value;
  }
  return result;
}
