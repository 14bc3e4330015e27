import { ADDRESS_WORDS } from '../address-words.ts';
import type { IpVersion } from '../ip-address.ts';

/** One part of an element, in the order of the type's name. */
export type SetPart = 'ip' | 'port' | 'net' | 'iface' | 'mark' | 'mac';

/** A kind of set: what its elements are made of. */
export interface SetType {
  readonly name: string;
  readonly parts: readonly SetPart[];
  /** The kernel's own count of the type's versions, as `ipset list` shows it (Linux 6.x). */
  readonly revision: number;
  readonly isBitmap: boolean;
}

const hash = (parts: readonly SetPart[], revision: number): SetType => ({
  name: `hash:${parts.join(',')}`,
  parts,
  revision,
  isBitmap: false,
});

export const SET_TYPES: readonly SetType[] = [
  hash(['ip'], 6),
  hash(['ip', 'mark'], 3),
  hash(['ip', 'mac'], 1),
  hash(['ip', 'port'], 7),
  hash(['ip', 'port', 'ip'], 6),
  hash(['ip', 'port', 'net'], 8),
  hash(['mac'], 1),
  hash(['net'], 7),
  hash(['net', 'iface'], 8),
  hash(['net', 'net'], 4),
  hash(['net', 'port'], 8),
  hash(['net', 'port', 'net'], 3),
  { name: 'bitmap:port', parts: ['port'], revision: 3, isBitmap: true },
  { name: 'bitmap:ip', parts: ['ip'], revision: 3, isBitmap: true },
];

/** The words that an address takes in a set of a family. */
export const addressWords = (version: IpVersion): number => (version === 6 ? ADDRESS_WORDS : 1);

/** The words that a part takes: a port has its protocol above it, a network its prefix's length behind it. */
export function wordsOfPart(part: SetPart, version: IpVersion): number {
  switch (part) {
    case 'ip':
      return addressWords(version);
    case 'net':
      return addressWords(version) + 1;
    case 'mac':
      return 2;
    case 'port':
    case 'iface':
    case 'mark':
      return 1;
  }
}

/** The words that an element of a type has. */
export function wordsOf({ parts }: Pick<SetType, 'parts'>, version: IpVersion): number {
  return parts.reduce((words, part) => words + wordsOfPart(part, version), 0);
}
