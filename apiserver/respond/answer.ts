import { dump } from 'js-yaml';
import type { ApiResponse } from '../../platform/api-transport.ts';
import type { Status } from '../errors.ts';
import type { Representation } from './negotiate.ts';

const JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' } as const;
const YAML_HEADERS = { ...JSON_HEADERS, 'content-type': 'application/yaml' } as const;
const WATCH_HEADERS = JSON_HEADERS;

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

export function statusAnswer(status: Status): ApiResponse {
  const answer = jsonAnswer(status.code ?? 200, status);
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfter) } };
}

export function streamAnswer(body: AsyncIterable<Uint8Array>): ApiResponse {
  return { status: 200, headers: WATCH_HEADERS, body };
}

/** JSON bytes in the format that was asked for. */
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
