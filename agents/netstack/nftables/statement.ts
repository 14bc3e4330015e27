import type { Counters } from '../iptables/chain.ts';
import type { RejectType } from '../iptables/rule.ts';
import type { DataType, Value } from './data-type.ts';
import type { Constant, Lookup, Selector } from './expression.ts';
import type { NftSet } from './nft-set.ts';
import type { Verdict } from './verdict.ts';

export type Comparison = '==' | '!=' | '<' | '>' | '<=' | '>=';

/** What a selector is compared with. */
export type Operand =
  | { readonly kind: 'value'; readonly value: Value; readonly type: DataType }
  | { readonly kind: 'range'; readonly low: number; readonly high: number; readonly type: DataType }
  /** Any of the bits. */
  | { readonly kind: 'bits'; readonly bits: number; readonly type: DataType }
  /** Of these bits exactly those: `tcp flags syn / syn,rst`. */
  | { readonly kind: 'masked'; readonly bits: number; readonly mask: number; readonly type: DataType }
  | { readonly kind: 'set'; readonly set: NftSet };

export type NatAddress = Constant | Lookup;

export interface NatStatement {
  readonly kind: 'dnat' | 'snat' | 'masquerade' | 'redirect';
  readonly address?: NatAddress;
  /** Only beside a constant address, or alone. */
  readonly port?: { readonly low: number; readonly high: number };
  readonly flags: readonly ('random' | 'fully-random' | 'persistent')[];
}

/** One step of a rule (net/netfilter/nft_*.c). */
export type Statement =
  | {
      readonly kind: 'match';
      readonly selector: Selector;
      readonly operator: Comparison;
      readonly operand: Operand;
    }
  | { readonly kind: 'vmap'; readonly selector: Selector; readonly map: NftSet }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'counter'; readonly counters: Counters }
  | NatStatement
  | { readonly kind: 'reject'; readonly with: RejectType }
  | {
      readonly kind: 'set-mark';
      readonly target: 'meta mark' | 'ct mark';
      readonly value: Selector | Constant;
    }
  | {
      readonly kind: 'limit';
      readonly rate: number;
      readonly unit: 'second' | 'minute' | 'hour' | 'day';
      readonly burst: number;
      readonly over: boolean;
    }
  | { readonly kind: 'log'; readonly prefix: string }
  | {
      readonly kind: 'update';
      readonly operation: 'add' | 'update' | 'delete';
      readonly set: NftSet;
      readonly selector: Selector;
      readonly timeout?: number;
    }
  | { readonly kind: 'notrack' };
