import { type Decoded, decodeJson, type JsonObject } from '../../openapi/decode-json.ts';
import type { FieldType, MessageKey } from '../../openapi/field-table.ts';
import type { KindRules } from '../../openapi/kinds/kind-rules.ts';
import { rulesOf } from '../../openapi/kinds/rules-by-kind.ts';
import type { KubernetesObject, ResourceDefinition } from '../../openapi/resources.ts';
import type { Column } from '../printers/column.ts';
import { columnsOf } from '../printers/columns.ts';
import { type Codec, codecOf } from './codec.ts';
import { strategyOf } from './strategies.ts';
import type { Strategy } from './strategy.ts';

/**
 * How objects of one resource are read, filled in, checked, owned, stored and shown: all that a custom
 * resource does differently from a built-in one. Handlers need not know which of them they serve.
 */
export interface Kind {
  readonly listKind: string;
  readonly strategy: Strategy;
  readonly rules: KindRules<KubernetesObject>;
  /** How server-side apply merges objects, and who owns what of them. */
  readonly type: FieldType;
  readonly columns: readonly Column[];
  readonly codec: Codec;
  /** Reads an object from parsed JSON; undefined: its message in the field table says how. */
  readonly read: Reader | undefined;
  /** Where the scale subresource finds its numbers; undefined: where all workloads have them. */
  readonly scale: ScalePaths | undefined;
  /** Told to every client of this version. */
  readonly warnings: readonly string[];
  /** Nothing new is made of a kind that is going away. */
  readonly isTerminating: boolean;
}

/** Throws DecodeError for what is no object of the kind. */
export type Reader = (raw: JsonObject) => Decoded;

/** Names of fields, from the object inwards. */
export type FieldPath = readonly string[];

export interface ScalePaths {
  readonly replicas: FieldPath;
  readonly statusReplicas: FieldPath;
  readonly selector: FieldPath | undefined;
}

/** The kind that a body must be of. */
export interface ExpectedKind {
  readonly kind: string;
  readonly apiVersion: string;
  readonly message: MessageKey;
  /** For a kind that is not in the field table; it has no protobuf form either. */
  readonly read?: Reader | undefined;
}

/** An object of a kind, from parsed JSON; throws DecodeError for what is none. */
export function readAs({ message, read }: ExpectedKind, raw: JsonObject): Decoded {
  return read ? read(raw) : decodeJson(message, raw);
}

/** A kind of the field table. */
export function builtInKind(definition: ResourceDefinition): Kind {
  const { message } = definition;
  return {
    listKind: `${definition.kind}List`,
    strategy: strategyOf(definition),
    rules: rulesOf(message),
    type: { kind: 'message', message },
    columns: columnsOf(definition),
    codec: codecOf(definition),
    read: undefined,
    scale: undefined,
    warnings: [],
    isTerminating: false,
  };
}
