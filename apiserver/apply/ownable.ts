import type { JsonObject } from '../../openapi/decode-json.ts';
import type { ResourceDefinition } from '../../openapi/resources.ts';

/** What of an object the server alone says (k8s managedfields/internal/stripmeta.go). */
const SERVER_METADATA = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
]);

/** The part of an object that managers own. */
export function ownablePart(object: JsonObject, isOwnable: (field: string) => boolean): JsonObject {
  const part: JsonObject = {};
  for (const field of Object.keys(object)) {
    if (field === 'kind' || field === 'apiVersion' || !isOwnable(field)) continue;
    const value = field === 'metadata' ? ownableMetadata(object[field] as JsonObject) : object[field];
    if (value !== undefined) part[field] = value;
  }
  return part;
}

function ownableMetadata(metadata: JsonObject): JsonObject | undefined {
  let part: JsonObject | undefined;
  for (const field of Object.keys(metadata)) {
    if (!SERVER_METADATA.has(field)) (part ??= {})[field] = metadata[field];
  }
  return part;
}

/**
 * Which of an object's fields a write through a path can own: a kind with a status subresource keeps its
 * parts apart (the reset fields of Kubernetes' strategies).
 */
export function ownableThrough(
  { subresources }: ResourceDefinition,
  subresource: string,
): (field: string) => boolean {
  if (subresource === 'status') return (field) => field === 'status' || field === 'metadata';
  const hasStatus = subresources.some(({ name }) => name === 'status');
  return (field) => !(hasStatus && field === 'status');
}
