import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findUpperLayer } from '../../../../agents/netstack/header/extension-headers.ts';
import {
  checkIcmp6,
  writeIcmp6,
  writeIcmp6Checksum,
} from '../../../../agents/netstack/header/icmp6-header.ts';
import {
  checkIpv6,
  IPV6_HEADER,
  ipv6Destination,
  ipv6PayloadLength,
  ipv6Source,
  ipv6TrafficClass,
  readIpv6,
  writeIpv6,
  writeIpv6Header,
} from '../../../../agents/netstack/header/ipv6-header.ts';
import {
  formatIpv6,
  type Ipv6,
  isLinkLocal6,
  isLinkLocalMulticast,
  isMulticast6,
  parseIpv6,
} from '../../../../agents/netstack/ipv6.ts';

const address = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((value) => value as Ipv6);
const u8 = fc.integer({ min: 0, max: 0xff });
const AT = 3;

describe('addresses of IPv6', () => {
  it('print and parse back', () => {
    fc.assert(fc.property(address, (value) => parseIpv6(formatIpv6(value)) === value));
  });

  it('are read as they were written, whatever was read before', () => {
    // Few words, so that many addresses are alike in parts.
    const word = fc.constantFrom<bigint>(0n, 1n, 0x100n, 0xffffffffn);
    const alike = fc
      .array(word, { minLength: 4, maxLength: 4 })
      .map((words) => words.reduce((sum, each) => (sum << 32n) | each, 0n));
    const bytes = new Uint8Array(AT + 16);
    fc.assert(
      fc.property(fc.oneof(address, alike), (value) => {
        writeIpv6(bytes, AT, value);
        return readIpv6(bytes, AT) === value;
      }),
      { numRuns: 5000 },
    );
  });

  it('are of a group or of a link by their first bits (RFC 4291 §2.4)', () => {
    const near = fc.constantFrom(
      0xfe7fn,
      0xfe80n,
      0xfebfn,
      0xfec0n,
      0xfeffn,
      0xff00n,
      0xff01n,
      0xff02n,
      0xff03n,
      0xffffn,
    );
    const edge = fc
      .tuple(near, fc.constantFrom(0n, (1n << 112n) - 1n))
      .map(([first, rest]) => (first << 112n) | rest);
    fc.assert(
      fc.property(fc.oneof(address, edge), (value) => {
        expect(isMulticast6(value)).toBe(value >> 120n === 0xffn);
        expect(isLinkLocal6(value)).toBe(value >> 118n === 0x3fan);
        expect(isLinkLocalMulticast(value)).toBe(value >> 112n === 0xff02n);
      }),
    );
  });
});

describe('headers of IPv6', () => {
  it('are read as they were written, and cut ones are refused', () => {
    const header = fc.record({
      source: address,
      destination: address,
      nextHeader: u8,
      payloadLength: fc.nat(64),
      trafficClass: u8,
      hopLimit: u8,
    });
    fc.assert(
      fc.property(header, fc.nat(IPV6_HEADER + 64), (written, cut) => {
        const bytes = new Uint8Array(AT + IPV6_HEADER + written.payloadLength).fill(0xaa);
        writeIpv6Header(bytes, AT, written);
        expect({
          source: ipv6Source(bytes, AT),
          destination: ipv6Destination(bytes, AT),
          nextHeader: bytes[AT + 6],
          payloadLength: ipv6PayloadLength(bytes, AT),
          trafficClass: ipv6TrafficClass(bytes, AT),
          hopLimit: bytes[AT + 7],
        }).toEqual(written);
        expect(checkIpv6(bytes, AT, bytes.length)).toBeUndefined();
        const isCut = AT + cut < bytes.length;
        expect(checkIpv6(bytes, AT, Math.min(AT + cut, bytes.length))).toBe(
          isCut ? 'PKT_TOO_SMALL' : undefined,
        );
      }),
    );
  });

  it('lead to an upper layer inside the packet, or to none, whatever they say', () => {
    const extension = fc.constantFrom(0, 43, 44, 51, 59, 60, 6, 17, 58);
    const bytes = fc.tuple(
      extension,
      fc.uint8Array({ maxLength: 120 }),
      fc.array(fc.tuple(fc.nat(119), extension)),
    );
    fc.assert(
      fc.property(bytes, ([first, body, edits]) => {
        const packet = new Uint8Array(AT + IPV6_HEADER + body.length);
        packet[AT + 6] = first;
        packet.set(body, AT + IPV6_HEADER);
        for (const [at, value] of edits) if (at < body.length) packet[AT + IPV6_HEADER + at] = value;
        const upper = findUpperLayer(packet, AT, packet.length);
        if (upper === undefined) return;
        expect(upper.offset).toBeGreaterThanOrEqual(AT + IPV6_HEADER);
        expect(upper.offset).toBeLessThanOrEqual(packet.length);
        expect(packet[upper.saidAt]).toBe(upper.protocol);
        if (upper.fragment !== undefined) expect(upper.fragment + 8).toBeLessThanOrEqual(packet.length);
      }),
      { numRuns: 3000 },
    );
  });

  it('of ICMPv6 are summed with the addresses', () => {
    fc.assert(
      fc.property(address, address, u8, u8, fc.nat(7), (source, destination, type, code, at) => {
        const l4 = AT + IPV6_HEADER;
        const bytes = new Uint8Array(l4 + 8);
        writeIpv6Header(bytes, AT, {
          source,
          destination,
          nextHeader: 58,
          payloadLength: 8,
          trafficClass: 0,
          hopLimit: 1,
        });
        writeIcmp6(bytes, l4, { type, code, rest: 7 });
        writeIcmp6Checksum(bytes, l4, bytes.length, source, destination);
        expect(checkIcmp6(bytes, AT, l4, bytes.length)).toBeUndefined();
        bytes[l4 + at]! ^= 0x10;
        expect(checkIcmp6(bytes, AT, l4, bytes.length)).toBe('ICMP_CSUM');
      }),
    );
  });
});
