import { isJsonObject, type JsonObject } from '../../openapi/decode-json.ts';
import type { MessageKey } from '../../openapi/field-table.ts';
import { errors } from '../errors.ts';
import { parseJson } from '../parse-json.ts';
import { applyJsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';

/** Makes a new object from one that it may change. */
export type Patcher = (object: JsonObject) => JsonObject;

const MEDIA_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
] as const;
const STRATEGIC = 'application/strategic-merge-patch+json';

/**
 * Reads a patch; 415 for a type that is not served, 400 for a body that is no patch. Only a message of the
 * field table has a strategy for merging.
 */
export function patcherOf(type: string, body: Uint8Array, message: MessageKey | undefined): Patcher {
  switch (type) {
    case 'application/json-patch+json': {
      const operations = parseJson(body);
      return (object) => applyJsonPatch(object, operations);
    }
    case 'application/merge-patch+json': {
      const change = patchObject(body);
      return (object) => mergePatch(object, change) as JsonObject;
    }
    case STRATEGIC: {
      if (message === undefined) throw errors.unsupportedMediaType(MEDIA_TYPES);
      const change = patchObject(body);
      return (object) => strategicMergePatch(object, change, message);
    }
    default:
      throw errors.unsupportedMediaType(message === undefined ? MEDIA_TYPES : [...MEDIA_TYPES, STRATEGIC]);
  }
}

function patchObject(body: Uint8Array): JsonObject {
  const value = parseJson(body);
  if (!isJsonObject(value)) throw errors.badRequest('a merge patch must be a JSON object');
  return value;
}
