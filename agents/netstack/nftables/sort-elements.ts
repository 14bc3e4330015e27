import type { DataType } from './data-type.ts';
import type { ElementSpec } from './rule.ts';

type Keyed = Pick<ElementSpec, 'low'>;

/**
 * In the order of nft's listings: single values by number; concatenations by their bytes read backwards, the last
 * byte of the last part first (expr_msort_cmp imports them as a little-endian number).
 */
export function sortElements<T extends Keyed>(elements: readonly T[], types: readonly DataType[]): T[] {
  if (types.length === 1) {
    const compare = types[0]!.compare ?? ((a: number, b: number) => a - b);
    return [...elements].sort((a, b) => compare(a.low[0]!, b.low[0]!));
  }
  const last = types.length - 1;
  return elements
    .map((element) => ({ element, key: types.map((type, index) => backwards(element.low[index]!, type)) }))
    .sort((a, b) => {
      for (let i = last; i >= 0; i--) if (a.key[i] !== b.key[i]) return a.key[i]! - b.key[i]!;
      return 0;
    })
    .map(({ element }) => element);
}

/** The number that a value's bytes make when the last of them counts most. */
function backwards(value: number, { bytes, byteOrder }: DataType): number {
  if (byteOrder === 'host') return value;
  let result = 0;
  for (let i = 0; i < bytes; i++) result = result * 256 + ((value >>> (8 * i)) & 255);
  return result;
}
