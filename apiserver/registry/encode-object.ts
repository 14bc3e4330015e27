import type { KubeObject } from '../cache/stored-object.ts';

/**
 * An object's bytes as storage takes them: kind, apiVersion, metadata first, in this order, and without a
 * resourceVersion, which storage writes in.
 */
export function encodeObject(object: KubeObject): Uint8Array {
  const { kind, apiVersion, metadata, ...rest } = object;
  return Buffer.from(
    JSON.stringify({ kind, apiVersion, metadata: { ...metadata, resourceVersion: undefined }, ...rest }),
  );
}

/** The bytes before an object's metadata, which a list's items do without. */
export function typePrefix(kind: string, apiVersion: string): string {
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`;
}
