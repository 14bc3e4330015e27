import type { Netns } from '../netns.ts';
import type { DataType, Value } from './data-type.ts';
import { INTEGER } from './data-type.ts';
import type { FieldReader } from './fields.ts';
import type { NftSet } from './nft-set.ts';

/** A field of a packet or of what is known about it: `ip daddr`, `ct state`. */
export interface Field {
  readonly kind: 'field';
  /** As nft prints it. */
  readonly text: string;
  readonly type: DataType;
  readonly read: (ns: Netns) => FieldReader;
  /** The same for all packets of an established flow. */
  readonly perFlow: boolean;
}

/** `numgen random|inc mod N [offset M]`. */
export interface Numgen {
  readonly kind: 'numgen';
  readonly mode: 'random' | 'inc';
  readonly modulus: number;
  readonly offset: number;
}

export interface Concatenation {
  readonly kind: 'concat';
  readonly parts: readonly (Field | Numgen)[];
}

/** `FIELD and|or|xor NUMBER`. */
export interface Bitwise {
  readonly kind: 'bitwise';
  readonly left: Field;
  readonly operator: '&' | '|' | '^';
  readonly right: number;
}

/** `EXPRESSION map { … }` or `map @name`: the data that a key leads to. */
export interface Lookup {
  readonly kind: 'lookup';
  readonly key: Selector;
  readonly map: NftSet;
}

/** What a match or a map looks at. */
export type Selector = Field | Numgen | Concatenation | Bitwise;

export interface Constant {
  readonly kind: 'constant';
  readonly values: readonly Value[];
  readonly types: readonly DataType[];
}

/** The types of the values that a selector gives, one for each part. */
export function typesOf(selector: Selector): DataType[] {
  switch (selector.kind) {
    case 'field':
      return [selector.type];
    case 'numgen':
      return [INTEGER];
    case 'bitwise':
      return [selector.left.type];
    case 'concat':
      return selector.parts.flatMap(typesOf);
  }
}
