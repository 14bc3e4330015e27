import type { DataType, Value } from './data-type.ts';
import type { ElementSpec } from './rule.ts';

type Keyed = Pick<ElementSpec, 'low'>;

/**
 * In the order of nft's listings: single values by number; concatenations by their bytes read backwards, the last
 * byte of the last part first (expr_msort_cmp imports them as a little-endian number).
 */
export function sortElements<T extends Keyed>(elements: readonly T[], types: readonly DataType[]): T[] {
  if (types.length === 1) {
    const compare = types[0]!.compare ?? compareValues;
    return [...elements].sort((a, b) => compare(a.low[0]!, b.low[0]!));
  }
  const last = types.length - 1;
  return elements
    .map((element) => ({ element, key: types.map((type, index) => backwards(element.low[index]!, type)) }))
    .sort((a, b) => {
      for (let i = last; i >= 0; i--) if (a.key[i] !== b.key[i]) return compareValues(a.key[i]!, b.key[i]!);
      return 0;
    })
    .map(({ element }) => element);
}

/** Both of one type. */
export function compareValues(a: Value, b: Value): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export const successor = (value: Value): Value => (typeof value === 'bigint' ? value + 1n : value + 1);
export const predecessor = (value: Value): Value => (typeof value === 'bigint' ? value - 1n : value - 1);

/** The number that a value's bytes make when the last of them counts most. */
function backwards(value: Value, { bytes, byteOrder }: DataType): Value {
  if (typeof value === 'bigint') {
    let result = 0n;
    for (let rest = value, i = 0; i < bytes; i++, rest >>= 8n) result = (result << 8n) | (rest & 255n);
    return result;
  }
  if (byteOrder === 'host') return value;
  let result = 0;
  for (let i = 0; i < bytes; i++) result = result * 256 + ((value >>> (8 * i)) & 255);
  return result;
}
