import { errors } from '../errors.ts';

export type Format = 'json' | 'yaml' | 'protobuf';

/** How the client wants objects shown. */
export interface Representation {
  readonly as: 'object' | 'table' | 'partial';
  readonly format: Format;
}

export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

/** What can be answered at once, and what event by event. */
export const ANSWER_FORMATS: readonly Format[] = ['json', 'yaml', 'protobuf'];
export const STREAM_FORMATS: readonly Format[] = ['json', 'protobuf'];

export const PLAIN_JSON: Representation = { as: 'object', format: 'json' };

/** A long Accept header is not worth reading to its end. */
const MAX_RANGES = 20;

interface Range {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/**
 * Picks the most wanted media range that can be served: by quality, then in the client's order; 406 when
 * there is none. A transform that is not served is skipped, so that a client may name a fallback. Of a kind
 * without a protobuf form, protobuf can show the metadata only.
 */
export function negotiate(
  accept: string | undefined,
  formats: readonly Format[] = ANSWER_FORMATS,
  hasProtobuf = true,
): Representation {
  if (accept === undefined || accept === '' || accept === MEDIA_TYPES.json) return PLAIN_JSON;
  const ranges = accept.split(',').slice(0, MAX_RANGES).map(parseRange);
  for (const { type, parameters } of ranges.filter(isWanted).sort(byQuality)) {
    const format = formats.find((each) => MEDIA_TYPES[each] === type || isWildcard(type));
    const as = format && transformOf(parameters, format);
    if (as === 'object' && format === 'protobuf' && !hasProtobuf) continue;
    if (as) return { as, format };
  }
  throw errors.notAcceptable(formats.map((format) => MEDIA_TYPES[format]));
}

/** The same for a failure, which is told in any case. */
export function negotiateFailure(accept: string | undefined): Representation {
  try {
    return { ...negotiate(accept), as: 'object' };
  } catch {
    return PLAIN_JSON;
  }
}

function parseRange(text: string): Range {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map(rest.map((part) => part.split('=', 2) as [string, string]));
  const quality = Number(parameters.get('q') ?? 1);
  return { type: type.toLowerCase(), parameters, quality: quality >= 0 && quality <= 1 ? quality : 1 };
}

const isWanted = ({ quality }: Range): boolean => quality > 0;
const byQuality = (a: Range, b: Range): number => b.quality - a.quality;
const isWildcard = (type: string): boolean => type === '*/*' || type === 'application/*';

function transformOf(
  parameters: ReadonlyMap<string, string>,
  format: Format,
): Representation['as'] | undefined {
  const as = parameters.get('as');
  if (as === undefined) return 'object';
  const version = parameters.get('v') ?? '';
  if (parameters.get('g') !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(version)) return undefined;
  // A Table has no protobuf form (k8s apiserver/pkg/endpoints/handlers, AllowsMediaTypeTransform).
  if (as === 'Table') return format === 'protobuf' ? undefined : 'table';
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'partial' : undefined;
}
