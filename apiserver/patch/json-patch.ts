import jsonPatch, { type Operation } from 'fast-json-patch';
import { isJsonObject, type JsonObject } from '../../openapi/decode-json.ts';
import { errors, StatusError } from '../errors.ts';

/** As many operations as Kubernetes takes. */
const MAX_OPERATIONS = 10_000;

/** JSON patch (RFC 6902). A failed test or a path that is not there is 422, as Kubernetes answers. */
export function applyJsonPatch(object: JsonObject, operations: unknown): JsonObject {
  if (!Array.isArray(operations)) throw errors.badRequest('a JSON patch must be an array of operations');
  if (operations.length > MAX_OPERATIONS) {
    throw errors.tooLarge(MAX_OPERATIONS);
  }
  try {
    const result: unknown = jsonPatch.applyPatch(
      object,
      operations as Operation[],
      true,
      true,
      true,
    ).newDocument;
    if (isJsonObject(result)) return result;
  } catch (error) {
    throw unprocessable(reasonOf(error));
  }
  throw unprocessable('the patched document is not an object');
}

/** In the words of the library that Kubernetes uses, which people search for. */
function reasonOf(error: unknown): string {
  const { name, operation, message } = error as Partial<jsonPatch.JsonPatchError>;
  const { op, path, from } = (operation ?? {}) as { op?: string; path?: string; from?: string };
  switch (name) {
    case 'TEST_OPERATION_FAILED':
      return `testing value ${path} failed: test failed`;
    case 'OPERATION_PATH_UNRESOLVABLE':
    case 'OPERATION_PATH_CANNOT_ADD':
      return `${op} operation does not apply: doc is missing path: ${path}: missing value`;
    case 'OPERATION_FROM_UNRESOLVABLE':
      return `${op} operation does not apply: doc is missing from path: ${from}: missing value`;
    default:
      return message?.split('\n', 1)[0] ?? String(error);
  }
}

function unprocessable(message: string): StatusError {
  return new StatusError(
    422,
    'Invalid',
    `the server rejected our request due to an error in our request: ${message}`,
    {},
  );
}
