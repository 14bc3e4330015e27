import type { IpVersion } from '../ip-address.ts';
import type { RejectType } from '../iptables/rule.ts';
import type { Chain } from './chain.ts';
import { type DataType, INTEGER, type Value } from './data-type.ts';
import type { Field } from './field.ts';
import type { NftSet } from './nft-set.ts';

/** What a rule says, apart from its text (print-rule.ts) and its meaning (compile-rule.ts). */
export interface Rule {
  readonly statements: readonly Statement[];
  readonly comment: string | undefined;
}

/** A chain by name; its target is known once the rule is in force. */
export interface Jump {
  readonly kind: 'jump' | 'goto';
  chain: string;
  target: Chain | undefined;
}
export type Verdict = { readonly kind: 'accept' | 'drop' | 'return' | 'continue' } | Jump;

export interface Counters {
  packets: number;
  bytes: number;
}

/** One element: a value or a range for each part of the key, and what a map gives for it. */
export interface ElementSpec {
  readonly low: readonly Value[];
  /** The same array as `low` unless some part is a range. */
  readonly high: readonly Value[];
  readonly verdict?: Verdict;
  /** A value for each part of the map's data. */
  readonly data?: readonly Value[];
  readonly comment?: string;
  readonly timeoutMs?: number;
  readonly expiresMs?: number;
  readonly counters?: Counters;
}

/** A set that a rule names, or brings along. */
export type SetReference =
  | { readonly kind: 'named'; name: string; set: NftSet | undefined }
  | {
      readonly kind: 'anonymous';
      readonly types: readonly DataType[];
      readonly data?: readonly DataType[];
      readonly elements: readonly ElementSpec[];
    };

export type Operator = '==' | '!=' | '<' | '>' | '<=' | '>=';
export type BitOperator = '&' | '|' | '^' | '<<' | '>>';

export type Expression =
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'literal'; readonly type: DataType; readonly value: Value }
  | { readonly kind: 'concat'; readonly parts: readonly Expression[] }
  | {
      readonly kind: 'numgen';
      readonly mode: 'random' | 'inc';
      readonly modulus: number;
      readonly offset: number;
    }
  | {
      readonly kind: 'binary';
      readonly operator: BitOperator;
      readonly left: Expression;
      readonly right: number;
    }
  | { readonly kind: 'map'; readonly key: Expression; readonly map: SetReference };

/** What an expression is compared with. */
export type Operand =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'range'; readonly low: Value; readonly high: Value; readonly isPrefix: boolean }
  /** A name that ends with `*`. */
  | { readonly kind: 'wildcard'; readonly device: NonNullable<Field['device']>; readonly prefix: string }
  /** Any of some flags; with `absent`, none of them: `tcp flags ! syn`. */
  | { readonly kind: 'flags'; readonly mask: number; readonly absent: boolean }
  /** `tcp flags syn / syn,ack`. */
  | { readonly kind: 'masked'; readonly value: number; readonly mask: number }
  | { readonly kind: 'set'; readonly set: SetReference };

export interface NatStatement {
  readonly kind: 'nat';
  readonly action: 'dnat' | 'snat' | 'masquerade' | 'redirect';
  /** Of an address, where the table has both or a map gives a port with it: nft lists it there. */
  readonly version?: IpVersion;
  /** An address range, or an expression that gives the address (and the port, if it gives two values). */
  readonly address?: { readonly low: Value; readonly high: Value } | Expression;
  readonly ports?: { readonly low: number; readonly high: number };
  readonly flags: readonly NatFlag[];
}
export type NatFlag = 'random' | 'fully-random' | 'persistent';

export type Statement =
  | {
      readonly kind: 'match';
      readonly left: Expression;
      readonly operator: Operator;
      readonly right: Operand;
    }
  | { readonly kind: 'vmap'; readonly key: Expression; readonly map: SetReference }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'counter'; readonly counters: Counters }
  | { readonly kind: 'assign'; readonly target: Field; readonly value: Expression }
  | NatStatement
  | RejectStatement
  | {
      readonly kind: 'update';
      readonly operation: 'add' | 'update' | 'delete';
      readonly set: Extract<SetReference, { kind: 'named' }>;
      readonly key: Expression;
      readonly timeoutMs?: number;
      readonly counter: boolean;
    }
  | LimitStatement
  /** Whether there are at most so many connections, or more. */
  | { readonly kind: 'connections'; readonly over: boolean; readonly count: number }
  | LogStatement
  | { readonly kind: 'notrack' };

export interface RejectStatement {
  readonly kind: 'reject';
  readonly with: RejectType;
  /** The one that it refuses, if it is not all of the table's. */
  readonly version?: IpVersion;
  /** Nothing was said of how. */
  readonly isPlain?: true;
}

export interface LimitStatement {
  readonly kind: 'limit';
  readonly over: boolean;
  readonly rate: number;
  readonly per: RateUnit;
  readonly burst: number;
  /** What is counted: packets, or their bytes. */
  readonly of: 'packets' | 'bytes';
}

export interface LogStatement {
  readonly kind: 'log';
  readonly prefix?: string;
  /** To the kernel's log, unless there is a group; undefined: a warning. */
  readonly level?: string;
  readonly flags: readonly string[];
  /** To who listens to this group of netlink. */
  readonly group?: number;
  readonly snaplen?: number;
  readonly queueThreshold?: number;
}

export const RATE_UNITS = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
export type RateUnit = keyof typeof RATE_UNITS;

export const isJump = (verdict: Verdict): verdict is Jump => 'chain' in verdict;

/** The types of an expression's values, one for each part of a concatenation. */
export function typesOf(expression: Expression): readonly DataType[] {
  switch (expression.kind) {
    case 'field':
      return [expression.field.type];
    case 'literal':
      return [expression.type];
    case 'concat':
      return expression.parts.flatMap(typesOf);
    case 'numgen':
      return [INTEGER];
    case 'binary':
      return typesOf(expression.left);
    case 'map':
      return expression.map.kind === 'named'
        ? (expression.map.set?.spec.data ?? [])
        : (expression.map.data ?? []);
  }
}

/** The values that an operand names one by one. */
export function valuesOf(operand: Operand): readonly Value[] {
  if (operand.kind === 'value') return [operand.value];
  if (operand.kind !== 'set' || operand.set.kind === 'named') return [];
  return operand.set.elements.filter(({ low, high }) => low === high).map(({ low }) => low[0]!);
}
