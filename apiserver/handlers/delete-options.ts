import { DecodeError, decodeJson } from '../../openapi/decode-json.ts';
import type { DeleteOptions } from '../../openapi/generated/types.ts';
import { errors } from '../errors.ts';
import type { ExpectedKind } from '../registry/kind.ts';
import { mediaType, parseBody } from './request-body.ts';
import type { ResourceRequest } from './resource-request.ts';

const EXPECTED: ExpectedKind = {
  kind: 'DeleteOptions',
  apiVersion: 'v1',
  message: 'apis.meta.v1.DeleteOptions',
};
const POLICIES = ['Background', 'Foreground', 'Orphan'] as const;

/** The options of a delete: from its body, where it has one, else from the query. */
export function readDeleteOptions(request: ResourceRequest): DeleteOptions {
  const { body } = request.request;
  const options = body && body.length > 0 ? fromBody(request, body) : fromQuery(request);
  const { propagationPolicy, orphanDependents } = options;
  if (propagationPolicy !== undefined && !POLICIES.some((policy) => policy === propagationPolicy)) {
    throw invalidOptions(
      'propagationPolicy',
      `Invalid value: ${JSON.stringify(propagationPolicy)}: must be "Foreground", "Background", or "Orphan"`,
    );
  }
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    throw invalidOptions(
      'propagationPolicy',
      'Invalid value: orphanDependents and deletionPropagation cannot be both set',
    );
  }
  return options;
}

function invalidOptions(field: string, message: string): Error {
  return errors.invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
    { field, reason: 'FieldValueInvalid', message },
  ]);
}

/** Clients send DeleteOptions under the resource's own group version too. */
function fromBody(request: ResourceRequest, body: Uint8Array): DeleteOptions {
  const isProtobuf = mediaType(request) === 'application/vnd.kubernetes.protobuf';
  const raw = isProtobuf
    ? parseProtobufOptions(request, body)
    : parseBody(body, mediaType(request), EXPECTED);
  if (raw.kind !== undefined && raw.kind !== '' && raw.kind !== EXPECTED.kind) {
    throw errors.badRequest(`the body of a delete must be DeleteOptions, not ${JSON.stringify(raw.kind)}`);
  }
  try {
    return decodeJson(EXPECTED.message, raw).object as unknown as DeleteOptions;
  } catch (error) {
    if (error instanceof DecodeError) throw errors.badRequest(`DeleteOptions: ${error.message}`);
    throw error;
  }
}

function parseProtobufOptions(request: ResourceRequest, body: Uint8Array): Record<string, unknown> {
  for (const apiVersion of ['v1', request.store.apiVersion, 'meta.k8s.io/v1']) {
    try {
      return parseBody(body, mediaType(request), { ...EXPECTED, apiVersion });
    } catch (error) {
      if (apiVersion === 'meta.k8s.io/v1') throw error;
    }
  }
  return {};
}

function fromQuery({ query }: ResourceRequest): DeleteOptions {
  const grace = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  if (grace !== null && !/^\d{1,9}$/.test(grace)) {
    throw errors.badRequest(`gracePeriodSeconds: Invalid value: ${JSON.stringify(grace.slice(0, 64))}`);
  }
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
  };
}
