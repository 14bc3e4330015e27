import type { KubeObject } from '../cache/stored-object.ts';

export const PARTIAL_MESSAGE = 'apis.meta.v1.PartialObjectMetadata';
export const PARTIAL_KIND = 'PartialObjectMetadata';
export const PARTIAL_VERSION = 'meta.k8s.io/v1';

/** An object cut down to its metadata (meta.k8s.io/v1 PartialObjectMetadata). */
export function partialMetadata({ metadata }: KubeObject): KubeObject {
  return { kind: PARTIAL_KIND, apiVersion: PARTIAL_VERSION, metadata };
}
