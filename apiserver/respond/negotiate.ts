import { errors } from '../errors.ts';

/** How the client wants objects shown. */
export interface Representation {
  readonly as: 'object' | 'table' | 'partial';
  readonly format: 'json' | 'yaml';
}

const OBJECT: Representation = { as: 'object', format: 'json' };
const SUPPORTED = ['application/json', 'application/yaml'] as const;

/** A long Accept header is not worth reading to its end. */
const MAX_RANGES = 20;

/**
 * Picks the first acceptable media range, in the client's order; 406 when there is none. A transform that
 * is not served is skipped, so that a client may name a fallback.
 */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept === '' || accept === 'application/json') return OBJECT;
  for (const range of accept.split(',').slice(0, MAX_RANGES)) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const format = formatOf(type.toLowerCase());
    if (!format) continue;
    const as = transformOf(parameters);
    if (as) return { as, format };
  }
  throw errors.notAcceptable(SUPPORTED);
}

function formatOf(type: string): Representation['format'] | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}

function transformOf(parameters: readonly string[]): Representation['as'] | undefined {
  const values = new Map(parameters.map((text) => text.split('=', 2) as [string, string]));
  const as = values.get('as');
  if (as === undefined) return 'object';
  if (values.get('g') !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(values.get('v') ?? ''))
    return undefined;
  if (as === 'Table') return 'table';
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'partial' : undefined;
}
