import { type DataType, integerOf } from './data-type.ts';
import type { Field, Has } from './field.ts';
import { bytesOf, changeBits, type HeaderBits, readerOf } from './header-bits.ts';
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
  if (length === 0 || length > 32)
    throw new NftError('raw payload of other than 1 to 32 bits is not supported', {
      start,
      end: scanner.previousEnd,
    });
  return payloadField({ base, offset, length });
}

function payloadField(at: HeaderBits): Field {
  const { base, offset, length } = at;
  const bytes = bytesOf(at);
  const has: Has =
    base === 'nh' ? ({ l3, end }) => l3 + bytes <= end : (packet) => hasTransport(packet, bytes);
  const read = readerOf(at);
  const text = `@${base},${offset},${length}`;
  return {
    text,
    type: rawType(length),
    perFlow: false,
    has,
    read: () => read,
    change: (packet, value) => changeBits(packet, at, value, {}),
  };
}

const rawType = (bits: number): DataType => ({
  ...integerOf(bits),
  print: (value) => `0x${value.toString(16)}`,
});
