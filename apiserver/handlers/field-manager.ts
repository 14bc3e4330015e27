import type { Fault } from '../../openapi/faults.ts';
import { errors } from '../errors.ts';
import type { ResourceRequest } from './resource-request.ts';

const MAX_BYTES = 128;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

const OPTIONS: Readonly<Record<string, string>> = { create: 'CreateOptions', update: 'UpdateOptions' };

/** `fieldManager=`, else what the client calls itself (k8s handlers/create.go, managerOrUserAgent). */
export function fieldManagerOf(request: ResourceRequest): string {
  const { query } = request;
  const named = query.get('fieldManager') ?? '';
  if (named === '') return fromUserAgent(request.request.headers['user-agent'] ?? '');
  if (Buffer.byteLength(named) > MAX_BYTES) {
    throw invalid(request, 'FieldValueTooLong', `Too long: may not be more than ${MAX_BYTES} bytes`);
  }
  if (!PRINTABLE.test(named)) {
    const value = JSON.stringify(named);
    throw invalid(
      request,
      'FieldValueInvalid',
      `Invalid value: ${value}: should only contain printable characters`,
    );
  }
  return named;
}

/** An apply must say who it is. */
export function requireFieldManager(request: ResourceRequest): string {
  const { query } = request;
  if ((query.get('fieldManager') ?? '') !== '') return fieldManagerOf(request);
  throw invalid(request, 'FieldValueRequired', 'Required value: is required for apply patch');
}

function invalid({ info }: ResourceRequest, reason: Fault['reason'], message: string): Error {
  const kind = OPTIONS[info.verb] ?? 'PatchOptions';
  return errors.invalid({ group: 'meta.k8s.io', kind }, '', [{ field: 'fieldManager', reason, message }]);
}

/** What comes before the first slash, as far as it is printable. */
function fromUserAgent(userAgent: string): string {
  const name = (userAgent.split('/', 1)[0] ?? '').slice(0, MAX_BYTES).replace(UNPRINTABLE, '');
  return Buffer.byteLength(name) <= MAX_BYTES ? name : [...name].slice(0, MAX_BYTES / 4).join('');
}
