import { putU16, putU32, u16, u32 } from '../bytes.ts';
import { internetChecksum, patchChecksum16, patchChecksum32 } from '../checksum.ts';
import { findUpperLayer } from '../header/extension-headers.ts';
import { ICMP_HEADER } from '../header/icmp-header.ts';
import { writeIcmp6Checksum } from '../header/icmp6-header.ts';
import { isVersion6, transportOf } from '../header/ip-header.ts';
import { ipv4HeaderLength, ipv4Protocol } from '../header/ipv4-header.ts';
import { ipv6Destination, ipv6Source, writeIpv6 } from '../header/ipv6-header.ts';
import { SCTP_HEADER, writeSctpChecksum } from '../header/sctp-header.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import type { Connection } from './connection.ts';
import type { Manip } from './nat.ts';

/** nf_nat_manip_pkt: the packet gets the addresses that the other direction's tuple asks for. */
export function translatePacket(packet: Packet, connection: Connection, manip: Manip): void {
  const other = connection.otherDirection(packet.ctReply);
  const address = manip === 'src' ? other.destination : other.source;
  const icmp = isIcmp(other.protocol);
  const port = icmp ? other.sourcePort : manip === 'src' ? other.destinationPort : other.sourcePort;
  rewriteEndpoint(packet, manip, address, port);
  packet.trace?.({ kind: 'nat', ns: '', manip, address, port }, packet);
}

const isIcmp = (protocol: number): boolean => protocol === PROTO_ICMP || protocol === PROTO_ICMPV6;

/**
 * nf_nat_icmp_reply_translation: inside an ICMP error the quoted packet is put back as its sender sent it, and
 * the error itself seems to come from where the sender believes it spoke to.
 */
export function translateError(packet: Packet, connection: Connection, manip: Manip): void {
  const other = connection.otherDirection(packet.ctReply);
  const innerManip = manip === 'src' ? 'dst' : 'src';
  const innerAddress = innerManip === 'src' ? other.source : other.destination;
  const isSourcePort = isIcmp(other.protocol) || innerManip === 'src';
  const innerPort = isSourcePort ? other.sourcePort : other.destinationPort;
  rewriteQuoted(packet, innerManip, innerAddress, innerPort);
  rewriteHost(packet, manip, manip === 'src' ? other.destination : other.source);
}

/** Where a packet's parts are. */
interface Place {
  readonly l3: number;
  readonly l4: number;
  readonly end: number;
}

/** Gives a packet another source or destination, with its port, or with its identifier for ICMP. */
export function rewriteEndpoint(packet: Packet, manip: Manip, address: IpAddress, port: number): void {
  const { bytes, l4, end } = packet;
  const protocol = transportOf(packet);
  rewrite(bytes, packet, protocol, manip, address, port);
  if (protocol === PROTO_SCTP && l4 + SCTP_HEADER <= end) writeSctpChecksum(bytes, l4, end);
}

/** The same for the packet that an ICMP error quotes. */
export function rewriteQuoted(packet: Packet, manip: Manip, address: IpAddress, port: number): void {
  const { bytes, l4 } = packet;
  const place = quotedPlace(packet, l4 + ICMP_HEADER);
  if (place === undefined) return;
  rewrite(bytes, place, place.protocol, manip, address, port);
  sumError(packet);
}

function quotedPlace(
  { bytes, end }: Packet,
  l3: number,
): (Place & { readonly protocol: number }) | undefined {
  if (!isVersion6(bytes, l3)) {
    return { l3, l4: l3 + ipv4HeaderLength(bytes, l3), end, protocol: ipv4Protocol(bytes, l3) };
  }
  const upper = findUpperLayer(bytes, l3, end);
  return upper && { l3, l4: upper.offset, end, protocol: upper.protocol };
}

/** Gives an ICMP error another address. */
export function rewriteHost(packet: Packet, manip: Manip, address: IpAddress): void {
  const { bytes, l3 } = packet;
  rewriteAddress(bytes, l3, manip, address, undefined);
  // Of ICMPv6's checksum the addresses are a part.
  if (isVersion6(bytes, l3)) sumError(packet);
}

function sumError({ bytes, l3, l4, end }: Packet): void {
  if (isVersion6(bytes, l3))
    return writeIcmp6Checksum(bytes, l4, end, ipv6Source(bytes, l3), ipv6Destination(bytes, l3));
  putU16(bytes, l4 + 2, 0);
  putU16(bytes, l4 + 2, internetChecksum(bytes, l4, end));
}

/** Mends the header's own checksum, if there is one, and the one at `checksum` that covers the address too. */
function rewriteAddress(
  bytes: Uint8Array,
  l3: number,
  manip: Manip,
  address: IpAddress,
  checksum: number | undefined,
): void {
  if (typeof address === 'bigint') return rewriteAddress6(bytes, l3, manip, address, checksum);
  const at = manip === 'src' ? l3 + 12 : l3 + 16;
  const before = u32(bytes, at);
  if (before === address) return;
  putU32(bytes, at, address);
  patchChecksum32(bytes, l3 + 10, before, address);
  if (checksum !== undefined) patchChecksum32(bytes, checksum, before, address);
}

function rewriteAddress6(
  bytes: Uint8Array,
  l3: number,
  manip: Manip,
  address: bigint,
  checksum: number | undefined,
): void {
  const at = manip === 'src' ? l3 + 8 : l3 + 24;
  const before = [u32(bytes, at), u32(bytes, at + 4), u32(bytes, at + 8), u32(bytes, at + 12)];
  writeIpv6(bytes, at, address);
  if (checksum === undefined) return;
  for (let i = 0; i < 4; i++) patchChecksum32(bytes, checksum, before[i]!, u32(bytes, at + 4 * i));
}

/** Only what fits before `end` is rewritten: a quoted packet may be cut. */
function rewrite(
  bytes: Uint8Array,
  { l3, l4, end }: Place,
  protocol: number,
  manip: Manip,
  address: IpAddress,
  port: number,
): void {
  const checksum = checksumOffset(bytes, protocol, l4, end);
  rewriteAddress(bytes, l3, manip, address, protocol === PROTO_ICMP ? undefined : checksum);
  if (isIcmp(protocol)) {
    if (checksum === undefined) return;
    patchChecksum16(bytes, checksum, u16(bytes, l4 + 4), port);
    putU16(bytes, l4 + 4, port);
    return;
  }
  if (l4 + 4 > end || (protocol !== PROTO_TCP && protocol !== PROTO_UDP && protocol !== PROTO_SCTP)) return;
  const at = manip === 'src' ? l4 : l4 + 2;
  if (checksum !== undefined) patchChecksum16(bytes, checksum, u16(bytes, at), port);
  putU16(bytes, at, port);
  if (protocol === PROTO_UDP && checksum !== undefined && u16(bytes, checksum) === 0)
    putU16(bytes, checksum, 0xffff);
}

/** Undefined if there is no checksum to mend: cut off, or UDP sent without. */
function checksumOffset(bytes: Uint8Array, protocol: number, l4: number, end: number): number | undefined {
  if (isIcmp(protocol)) return l4 + 8 <= end ? l4 + 2 : undefined;
  if (protocol === PROTO_TCP) return l4 + 18 <= end ? l4 + 16 : undefined;
  if (protocol !== PROTO_UDP || l4 + 8 > end) return undefined;
  return u16(bytes, l4 + 6) === 0 ? undefined : l4 + 6;
}
