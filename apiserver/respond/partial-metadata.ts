import type { KubeObject } from '../cache/stored-object.ts';

/** An object cut down to its metadata (meta.k8s.io/v1 PartialObjectMetadata). */
export function partialMetadata({ metadata }: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}
