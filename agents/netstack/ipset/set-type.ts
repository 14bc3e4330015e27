/** One part of an element, in the order of the type's name. */
export type SetPart = 'ip' | 'port' | 'net';

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
  hash(['net'], 7),
  hash(['ip', 'port'], 7),
  hash(['ip', 'port', 'ip'], 6),
  hash(['ip', 'port', 'net'], 8),
  hash(['net', 'port'], 8),
  { name: 'bitmap:port', parts: ['port'], revision: 3, isBitmap: true },
];
