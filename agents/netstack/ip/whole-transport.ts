import { u16 } from '../bytes.ts';
import { internetChecksum, pseudoHeaderSum } from '../checksum.ts';
import { ipDestination, ipSource, isVersion6, transportOf } from '../header/ip-header.ts';
import { UDP_HEADER } from '../header/udp-header.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';

/** Of other sums than the Internet's: ESP, AH, DCCP, UDP-Lite. */
const OTHERWISE_SUMMED: ReadonlySet<number> = new Set([50, 51, 33, PROTO_SCTP, 136]);
const PROTO_GRE = 47;
const GRE_SUMMED = 0x80;

/**
 * Whether what a packet carries came undamaged, as far as its checksum tells: one of a protocol that nobody knows is
 * taken for a sum over all of it (nf_reject_verify_csum, nf_ip_checksum, nf_ip6_checksum).
 */
export function isWhole(packet: Packet): boolean {
  const { bytes, l3, l4, end } = packet;
  const protocol = transportOf(packet);
  if (packet.checksumsGood && SUMMED_BEFORE.has(protocol)) return true;
  if (isVersion6(bytes, l3) && l4 >= end) return false;
  if (OTHERWISE_SUMMED.has(protocol)) return true;
  if (protocol === PROTO_UDP && l4 + UDP_HEADER <= end && u16(bytes, l4 + 6) === 0) return true;
  if (protocol === PROTO_GRE && ((bytes[l4] ?? 0) & GRE_SUMMED) === 0) return true;
  return internetChecksum(bytes, l4, end, pseudoSum(packet, protocol)) === 0;
}

/** What tracking or a socket may have found to be good already. */
const SUMMED_BEFORE: ReadonlySet<number> = new Set([PROTO_TCP, PROTO_UDP, PROTO_ICMP, PROTO_ICMPV6]);

function pseudoSum({ bytes, l3, l4, end }: Packet, protocol: number): number {
  const hasPseudoHeader = isVersion6(bytes, l3) || protocol === PROTO_TCP || protocol === PROTO_UDP;
  if (!hasPseudoHeader) return IPV4_HEADER_SUM;
  return pseudoHeaderSum(ipSource(bytes, l3), ipDestination(bytes, l3), protocol, end - l4);
}

/** Linux adds the header of IPv4, whose own checksum makes it this: nothing and zeros are whole. */
const IPV4_HEADER_SUM = 0xffff;
