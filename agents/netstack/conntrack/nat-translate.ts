import { putU16, putU32, u16, u32 } from '../bytes.ts';
import { internetChecksum, patchChecksum16, patchChecksum32 } from '../checksum.ts';
import { ICMP_HEADER } from '../header/icmp-header.ts';
import { ipv4HeaderLength, ipv4Protocol } from '../header/ipv4-header.ts';
import { SCTP_HEADER, writeSctpChecksum } from '../header/sctp-header.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import type { Connection } from './connection.ts';
import type { Manip } from './nat.ts';

/** nf_nat_manip_pkt: the packet gets the addresses that the other direction's tuple asks for. */
export function translatePacket(packet: Packet, connection: Connection, manip: Manip): void {
  const other = connection.otherDirection(packet.ctReply);
  const address = manip === 'src' ? other.destination : other.source;
  const icmp = other.protocol === PROTO_ICMP;
  const port = icmp ? other.sourcePort : manip === 'src' ? other.destinationPort : other.sourcePort;
  rewriteEndpoint(packet, manip, address, port);
  packet.trace?.({ kind: 'nat', ns: '', manip, address, port }, packet);
}

/**
 * nf_nat_icmp_reply_translation: inside an ICMP error the quoted packet is put back as its sender sent it, and
 * the error itself seems to come from where the sender believes it spoke to.
 */
export function translateError(packet: Packet, connection: Connection, manip: Manip): void {
  const other = connection.otherDirection(packet.ctReply);
  const innerManip = manip === 'src' ? 'dst' : 'src';
  const icmp = other.protocol === PROTO_ICMP;
  const innerAddress = innerManip === 'src' ? other.source : other.destination;
  const innerPort = icmp || innerManip === 'src' ? other.sourcePort : other.destinationPort;
  rewriteQuoted(packet, innerManip, innerAddress, innerPort);
  rewriteHost(packet, manip, manip === 'src' ? other.destination : other.source);
}

/** Gives a packet another source or destination, with its port, or with its identifier for ICMP. */
export function rewriteEndpoint(packet: Packet, manip: Manip, address: number, port: number): void {
  const { bytes, l3, l4, end } = packet;
  rewrite(bytes, l3, l4, end, manip, address, port);
  const isSctp = ipv4Protocol(bytes, l3) === PROTO_SCTP;
  if (isSctp && l4 + SCTP_HEADER <= end) writeSctpChecksum(bytes, l4, end);
}

/** The same for the packet that an ICMP error quotes. */
export function rewriteQuoted(packet: Packet, manip: Manip, address: number, port: number): void {
  const { bytes, l4, end } = packet;
  const inner = l4 + ICMP_HEADER;
  rewrite(bytes, inner, inner + ipv4HeaderLength(bytes, inner), end, manip, address, port);
  putU16(bytes, l4 + 2, 0);
  putU16(bytes, l4 + 2, internetChecksum(bytes, l4, end));
}

/** Gives a packet another address without a look at its transport: for ICMP errors. */
export function rewriteHost({ bytes, l3 }: Packet, manip: Manip, address: number): void {
  rewriteAddress(bytes, l3, manip, address);
}

function rewriteAddress(bytes: Uint8Array, l3: number, manip: Manip, address: number): number {
  const at = manip === 'src' ? l3 + 12 : l3 + 16;
  const before = u32(bytes, at);
  if (before === address) return before;
  putU32(bytes, at, address);
  patchChecksum32(bytes, l3 + 10, before, address);
  return before;
}

/** Only what fits before `end` is rewritten: a quoted packet may be cut. */
function rewrite(
  bytes: Uint8Array,
  l3: number,
  l4: number,
  end: number,
  manip: Manip,
  address: number,
  port: number,
): void {
  const before = rewriteAddress(bytes, l3, manip, address);
  const protocol = ipv4Protocol(bytes, l3);
  if (protocol === PROTO_ICMP) {
    if (l4 + 8 > end) return;
    patchChecksum16(bytes, l4 + 2, u16(bytes, l4 + 4), port);
    putU16(bytes, l4 + 4, port);
    return;
  }
  const checksum = checksumOffset(bytes, protocol, l4, end);
  if (checksum !== undefined && before !== address) patchChecksum32(bytes, checksum, before, address);
  if (l4 + 4 > end || (protocol !== PROTO_TCP && protocol !== PROTO_UDP && protocol !== PROTO_SCTP)) return;
  const at = manip === 'src' ? l4 : l4 + 2;
  if (checksum !== undefined) patchChecksum16(bytes, checksum, u16(bytes, at), port);
  putU16(bytes, at, port);
  if (protocol === PROTO_UDP && checksum !== undefined && u16(bytes, checksum) === 0)
    putU16(bytes, checksum, 0xffff);
}

/** Undefined if there is no transport checksum to mend: cut off, or UDP sent without. */
function checksumOffset(bytes: Uint8Array, protocol: number, l4: number, end: number): number | undefined {
  if (protocol === PROTO_TCP) return l4 + 18 <= end ? l4 + 16 : undefined;
  if (protocol !== PROTO_UDP || l4 + 8 > end) return undefined;
  return u16(bytes, l4 + 6) === 0 ? undefined : l4 + 6;
}
