import { type DataType, integerOf } from './data-type.ts';
import type { Field, Has, Read } from './field.ts';
import { NftError } from './nft-error.ts';
import { expect, parseCount } from './parse-value.ts';
import type { Scanner } from './scanner.ts';
import { hasTransport } from './transport-fields.ts';

/** `@th,96,24` after its `@`: bits of a packet, from a header's first, by their offset and length. */
export function parsePayload(scanner: Scanner): Field {
  const start = scanner.previousEnd - 1;
  const base = scanner.take();
  if (base !== 'nh' && base !== 'th')
    throw new NftError(`payload base ${base} is not supported, only nh and th are`, {
      start: start + 1,
      end: scanner.previousEnd,
    });
  expect(scanner, ',');
  const offset = parseCount(scanner, 0xffff);
  expect(scanner, ',');
  const length = parseCount(scanner, 0xffff);
  if (offset % 8 !== 0 || length % 8 !== 0 || length === 0 || length > 32)
    throw new NftError('raw payload of other than one to four whole bytes is not supported', {
      start,
      end: scanner.previousEnd,
    });
  return payloadField(base, offset / 8, length / 8);
}

function payloadField(base: 'nh' | 'th', at: number, length: number): Field {
  const has: Has =
    base === 'nh' ? ({ l3, end }) => l3 + at + length <= end : (packet) => hasTransport(packet, at + length);
  const read: Read = (packet) => {
    const from = (base === 'nh' ? packet.l3 : packet.l4) + at;
    let value = 0;
    for (let i = from; i < from + length; i++) value = (value << 8) | packet.bytes[i]!;
    return value;
  };
  const text = `@${base},${8 * at},${8 * length}`;
  return { text, type: rawType(8 * length), perFlow: false, has, read: () => read };
}

const rawType = (bits: number): DataType => ({
  ...integerOf(bits),
  print: (value) => `0x${value.toString(16)}`,
});
