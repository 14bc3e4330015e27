import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { internetChecksum, replaceWord } from '../../../agents/netstack/checksum.ts';
import { parseArp, writeArp } from '../../../agents/netstack/header/arp.ts';
import { parseEthernet, writeEthernet } from '../../../agents/netstack/header/ethernet.ts';
import { checkIcmp, parseIcmp, writeIcmp } from '../../../agents/netstack/header/icmp-header.ts';
import { checkIpv4, parseIpv4Header, writeIpv4Header } from '../../../agents/netstack/header/ipv4-header.ts';
import {
  checkTcp,
  parseTcp,
  tcpHeaderSize,
  writeTcp,
  writeTcpChecksum,
} from '../../../agents/netstack/header/tcp-header.ts';
import {
  checkUdp,
  parseUdp,
  writeUdp,
  writeUdpChecksum,
} from '../../../agents/netstack/header/udp-header.ts';
import { parseVxlan, writeVxlan } from '../../../agents/netstack/header/vxlan-header.ts';
import { formatIpv4, type Ipv4, parseIpv4 } from '../../../agents/netstack/ipv4.ts';
import { formatMac, type Mac, parseMac, readMac, writeMac } from '../../../agents/netstack/mac.ts';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const ipv4 = u32.map((value) => value as Ipv4);
const mac = fc.integer({ min: 0, max: 0xffffffffffff }).map((value) => value as Mac);
const AT = 3;

/** Room for a header at an odd offset, filled with noise. */
const buffer = (length: number) => new Uint8Array(AT + length).fill(0xaa);

describe('addresses', () => {
  it('print and parse back', () => {
    fc.assert(fc.property(u32, (value) => parseIpv4(formatIpv4(value)) === value));
    fc.assert(fc.property(mac, (value) => parseMac(formatMac(value)) === value));
  });

  it.each(['1.2.3', '1.2.3.256', '1.2.3.04', '', '1.2.3.4.5', ' 1.2.3.4'])(
    '%j is not an IPv4 address',
    (text) => {
      expect(parseIpv4(text)).toBeUndefined();
    },
  );
});

describe('headers are parsed as they were written', () => {
  it('MAC', () => {
    fc.assert(
      fc.property(mac, (value) => {
        const bytes = buffer(6);
        writeMac(bytes, AT, value);
        return readMac(bytes, AT) === value;
      }),
    );
  });

  it('Ethernet', () => {
    fc.assert(
      fc.property(fc.record({ destination: mac, source: mac, etherType: u16 }), (header) => {
        const bytes = buffer(14);
        writeEthernet(bytes, AT, header.destination, header.source, header.etherType);
        expect(parseEthernet(bytes, AT, bytes.length)).toEqual(header);
      }),
    );
  });

  it('ARP', () => {
    const message = fc.record({
      operation: u16,
      senderMac: mac,
      senderAddress: ipv4,
      targetMac: mac,
      targetAddress: ipv4,
    });
    fc.assert(
      fc.property(message, (header) => {
        const bytes = buffer(28);
        writeArp(bytes, AT, header);
        expect(parseArp(bytes, AT, bytes.length)).toEqual(header);
      }),
    );
  });

  it('IPv4, and one wrong bit in the header is noticed', () => {
    const header = fc.record({
      source: ipv4,
      destination: ipv4,
      protocol: u8,
      tos: u8,
      ttl: u8,
      id: u16,
      fragment: u16,
    });
    fc.assert(
      fc.property(header, fc.nat(159), (fields, bit) => {
        const bytes = buffer(24);
        const whole = { ...fields, totalLength: 24 };
        writeIpv4Header(bytes, AT, whole);
        expect(parseIpv4Header(bytes, AT, bytes.length)).toEqual(whole);
        bytes[AT + (bit >>> 3)]! ^= 1 << (bit & 7);
        expect(checkIpv4(bytes, AT, bytes.length)).toBeDefined();
      }),
    );
  });

  it('UDP with checksum, and one wrong bit in the payload is noticed', () => {
    fc.assert(
      fc.property(
        ipv4,
        ipv4,
        u16,
        u16,
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        (source, destination, sourcePort, destinationPort, payload) => {
          const bytes = buffer(8 + payload.length);
          bytes.set(payload, AT + 8);
          const header = { sourcePort, destinationPort, length: 8 + payload.length };
          writeUdp(bytes, AT, header);
          expect(checkUdp(bytes, AT, bytes.length, source, destination)).toBeUndefined();
          writeUdpChecksum(bytes, AT, source, destination);
          expect(parseUdp(bytes, AT, bytes.length)).toEqual(header);
          expect(checkUdp(bytes, AT, bytes.length, source, destination)).toBeUndefined();
          bytes[bytes.length - 1]! ^= 0x10;
          expect(checkUdp(bytes, AT, bytes.length, source, destination)).toBe('UDP_CSUM');
        },
      ),
    );
  });

  it('TCP with its options', () => {
    const header = fc.record(
      {
        sourcePort: u16,
        destinationPort: u16,
        sequence: u32,
        acknowledgment: u32,
        flags: u8,
        window: u16,
        mss: u16,
        windowScale: fc.nat(14),
      },
      { requiredKeys: ['sourcePort', 'destinationPort', 'sequence', 'acknowledgment', 'flags', 'window'] },
    );
    fc.assert(
      fc.property(header, ipv4, ipv4, (fields, source, destination) => {
        const bytes = buffer(tcpHeaderSize(fields) + 5);
        writeTcp(bytes, AT, fields);
        writeTcpChecksum(bytes, AT, bytes.length, source, destination);
        expect(parseTcp(bytes, AT, bytes.length)).toEqual(fields);
        expect(checkTcp(bytes, AT, bytes.length, source, destination)).toBeUndefined();
        bytes[AT + 4]! ^= 1;
        expect(checkTcp(bytes, AT, bytes.length, source, destination)).toBe('TCP_CSUM');
      }),
    );
  });

  it('ICMP', () => {
    fc.assert(
      fc.property(
        fc.record({ type: u8, code: u8, rest: u32 }),
        fc.uint8Array({ maxLength: 20 }),
        (header, payload) => {
          const bytes = buffer(8 + payload.length);
          bytes.set(payload, AT + 8);
          writeIcmp(bytes, AT, bytes.length, header);
          expect(parseIcmp(bytes, AT, bytes.length)).toEqual(header);
          expect(checkIcmp(bytes, AT, bytes.length)).toBeUndefined();
        },
      ),
    );
  });

  it('VXLAN', () => {
    fc.assert(
      fc.property(fc.nat(0xffffff), (vni) => {
        const bytes = buffer(8);
        writeVxlan(bytes, AT, vni);
        expect(parseVxlan(bytes, AT, bytes.length)).toBe(vni);
      }),
    );
  });
});

describe('checksums', () => {
  it('a patched one is the one computed anew', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 40 }), u16, (bytes, word) => {
        bytes[0] = 0x45;
        const before = internetChecksum(bytes, 0, bytes.length);
        const old = (bytes[4]! << 8) | bytes[5]!;
        bytes[4] = word >>> 8;
        bytes[5] = word & 255;
        expect(replaceWord(before, old, word)).toBe(internetChecksum(bytes, 0, bytes.length));
      }),
    );
  });
});

describe('cut or random bytes', () => {
  it('give a drop reason or a header, never an exception', () => {
    const parsers = [parseEthernet, parseArp, parseIpv4Header, parseUdp, parseTcp, parseIcmp, parseVxlan];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const parse of parsers)
          expect(['string', 'object', 'number']).toContain(typeof parse(bytes, 0, bytes.length));
      }),
    );
  });
});
