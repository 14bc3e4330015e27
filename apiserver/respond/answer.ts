import { dump } from 'js-yaml';
import type { MessageKey } from '../../openapi/field-table.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import type { Status } from '../errors.ts';
import { type Format, MEDIA_TYPES, PLAIN_JSON, type Representation } from './negotiate.ts';
import { sealedAs, type TypedObject } from './sealed.ts';

const headersOf = (contentType: string) =>
  ({ 'content-type': contentType, 'cache-control': 'no-cache, private' }) as const;
const JSON_HEADERS = headersOf(MEDIA_TYPES.json);
const YAML_HEADERS = headersOf(MEDIA_TYPES.yaml);
const PROTOBUF_HEADERS = headersOf(MEDIA_TYPES.protobuf);
const PROTOBUF_WATCH_HEADERS = headersOf(`${MEDIA_TYPES.protobuf};stream=watch`);

/** Bytes that are JSON already. */
export function jsonBytes(status: number, body: Uint8Array): ApiResponse {
  return { status, headers: JSON_HEADERS, body };
}

export function jsonAnswer(status: number, body: object): ApiResponse {
  return jsonBytes(status, Buffer.from(JSON.stringify(body)));
}

export function textAnswer(
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): ApiResponse {
  return { status, headers: { 'content-type': contentType }, body: Buffer.from(text) };
}

/** Bytes that are protobuf already. */
export function protobufBytes(status: number, body: Uint8Array): ApiResponse {
  return { status, headers: PROTOBUF_HEADERS, body };
}

/** An object of a message, made for this answer. */
export function plainAnswer(
  status: number,
  message: MessageKey,
  object: TypedObject,
  representation: Representation,
): ApiResponse {
  if (representation.format === 'protobuf') return protobufBytes(status, sealedAs(message, object).bytes);
  return formatted(status, Buffer.from(JSON.stringify(object)), representation);
}

export function statusAnswer(status: Status, representation = PLAIN_JSON): ApiResponse {
  const answer = plainAnswer(status.code ?? 200, 'apis.meta.v1.Status', status, representation);
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfter) } };
}

export function streamAnswer(body: AsyncIterable<Uint8Array>, format: Format): ApiResponse {
  return { status: 200, headers: format === 'protobuf' ? PROTOBUF_WATCH_HEADERS : JSON_HEADERS, body };
}

/** JSON bytes in the text format that was asked for. */
export function formatted(status: number, body: Uint8Array, { format }: Representation): ApiResponse {
  if (format === 'json') return jsonBytes(status, body);
  const text = dump(JSON.parse(Buffer.from(body).toString()), { noRefs: true, lineWidth: -1 });
  return { status, headers: YAML_HEADERS, body: Buffer.from(text) };
}

/** Longest a Warning header gets; what does not fit is left out (RFC 7234 §5.5). */
const MAX_WARNINGS_LENGTH = 4096;

/** Adds `Warning: 299 - "…"` values. */
export function withWarnings(response: ApiResponse, warnings: readonly string[]): ApiResponse {
  if (warnings.length === 0) return response;
  const values: string[] = [];
  let length = 0;
  for (const warning of warnings) {
    const value = `299 - ${quoted(warning)}`;
    length += value.length + 2;
    if (length > MAX_WARNINGS_LENGTH) break;
    values.push(value);
  }
  return { ...response, headers: { ...response.headers, warning: values.join(', ') } };
}

/** A quoted-string of RFC 9110 §5.6.4; anything that is not printable ASCII is replaced. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
