import { DecodeError, isJsonObject, type JsonObject } from '../../openapi/decode-json.ts';
import { decodeMessage } from '../../openapi/protobuf.ts';
import { openEnvelope } from '../../openapi/protobuf-envelope.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { duplicateFields } from '../duplicate-fields.ts';
import { errors, StatusError } from '../errors.ts';
import { parseJson, utf8 } from '../parse-json.ts';
import { parseYamlBody } from '../parse-yaml-body.ts';
import { type ExpectedKind, readAs } from '../registry/kind.ts';
import { MEDIA_TYPES } from '../respond/negotiate.ts';
import type { ResourceRequest } from './resource-request.ts';

/** The media type of a body, without parameters; JSON when the client does not say. */
export function mediaType({ request }: ResourceRequest): string {
  const header = request.headers['content-type'] ?? '';
  return (header.split(';', 1)[0] ?? '').trim().toLowerCase() || 'application/json';
}

/** Reads an object of one kind from the request's body, checked against its schema. */
export function readObject(request: ResourceRequest, expected: ExpectedKind): KubeObject {
  const body = request.request.body ?? new Uint8Array();
  const type = mediaType(request);
  const raw = parseBody(body, type, expected);
  checkKind(raw, expected);
  return conform(request, raw, expected, duplicatesIn(request, body, type));
}

/** Checks a parsed object against its kind's schema; unknown fields are treated as fieldValidation asks. */
export function conform(
  request: ResourceRequest,
  raw: JsonObject,
  expected: ExpectedKind,
  duplicates: readonly string[] = [],
): KubeObject {
  const { kind, apiVersion } = expected;
  try {
    const { object, unknownFields } = readAs(expected, raw);
    const unknown = unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`);
    reportOdd(request, [...duplicates, ...unknown], expected);
    const metadata = isJsonObject(object.metadata) ? object.metadata : {};
    return { ...object, kind, apiVersion, metadata };
  } catch (error) {
    throw asBadRequest(error, expected);
  }
}

function asBadRequest(error: unknown, { kind, apiVersion }: ExpectedKind): unknown {
  if (!(error instanceof DecodeError)) return error;
  const version = apiVersion.split('/').at(-1);
  return errors.badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${error.message}`,
  );
}

/** Looked for where the client asks how odd fields are treated: by default a body is read only once. */
function duplicatesIn({ query }: ResourceRequest, body: Uint8Array, type: string): string[] {
  const mode = query.get('fieldValidation');
  if (type !== 'application/json' || (mode !== 'Strict' && mode !== 'Warn')) return [];
  return duplicateFields(utf8(body)).map((path) => `duplicate field ${JSON.stringify(path)}`);
}

function reportOdd(request: ResourceRequest, texts: readonly string[], expected: ExpectedKind): void {
  const mode = request.query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(mode)) {
    throw errors.badRequest(
      `fieldValidation: Unsupported value: ${JSON.stringify(mode)}: supported values: "Ignore", "Strict", "Warn"`,
    );
  }
  if (texts.length === 0 || mode === 'Ignore') return;
  if (mode === 'Strict')
    throw asBadRequest(new DecodeError(`strict decoding error: ${texts.join(', ')}`), expected);
  request.warnings.push(...texts);
}

/** Parses bytes of any accepted media type into plain JSON values. */
export function parseBody(body: Uint8Array, type: string, expected: ExpectedKind): JsonObject {
  switch (type) {
    case 'application/json':
      return parseJsonObject(body);
    case 'application/yaml':
      return parseYamlObject(body);
    case 'application/vnd.kubernetes.protobuf':
      if (!expected.read) return parseProtobuf(body, expected);
      throw errors.unsupportedMediaType([MEDIA_TYPES.json, MEDIA_TYPES.yaml]);
    default:
      throw errors.unsupportedMediaType(Object.values(MEDIA_TYPES));
  }
}

function parseJsonObject(body: Uint8Array): JsonObject {
  const value = parseJson(body);
  if (!isJsonObject(value)) throw errors.badRequest('the body of the request must be a JSON object');
  return value;
}

function parseYamlObject(body: Uint8Array): JsonObject {
  const value = parseYamlBody(body);
  if (!isJsonObject(value)) throw errors.badRequest('the body of the request must be a YAML mapping');
  return value;
}

function parseProtobuf(body: Uint8Array, expected: ExpectedKind): JsonObject {
  try {
    const { kind, apiVersion, raw } = openEnvelope(body);
    checkKind({ kind, apiVersion }, expected);
    return { ...decodeMessage(expected.message, raw), kind, apiVersion };
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw asBadRequest(error, expected);
  }
}

/** A body may leave out what the path already says, but not contradict it. */
function checkKind(raw: JsonObject, expected: ExpectedKind): void {
  const { kind, apiVersion } = raw;
  if (typeof apiVersion === 'string' && apiVersion !== '' && apiVersion !== expected.apiVersion) {
    throw errors.badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected.apiVersion})`,
    );
  }
  if (kind !== undefined && kind !== '' && kind !== expected.kind) {
    const sent = typeof kind === 'string' ? kind : JSON.stringify(kind);
    throw errors.badRequest(
      `${sent} in version ${JSON.stringify(expected.apiVersion.split('/').at(-1))} cannot be handled as a ${expected.kind}: the kind in the data does not match the expected kind`,
    );
  }
}
