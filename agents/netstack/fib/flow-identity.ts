import { u16, u32 } from '../bytes.ts';
import { findUpperLayer } from '../header/extension-headers.ts';
import { ICMP_HEADER, isIcmpError } from '../header/icmp-header.ts';
import { isIcmp6Error } from '../header/icmp6-header.ts';
import { ipDestination, ipSource, isVersion6, transportOf } from '../header/ip-header.ts';
import { IPV4_HEADER, isIpv4Fragment } from '../header/ipv4-header.ts';
import { IPV6_HEADER } from '../header/ipv6-header.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';

/** What the packets of one flow share, for the choice among next hops. */
export interface FlowIdentity {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Of a packet made here: layer 4 is written, the source may be unknown yet. */
export function sentFlow(
  packet: Packet | undefined,
  source: IpAddress,
  destination: IpAddress,
  protocol: number,
): FlowIdentity {
  const ports = packet !== undefined && hasPorts(protocol) ? u32(packet.bytes, packet.l4) : 0;
  return { source, destination, protocol, sourcePort: ports >>> 16, destinationPort: ports & 0xffff };
}

/** Of a whole packet. An error belongs to the flow of the packet that it quotes (ip_multipath_l3_keys). */
export function receivedFlow(packet: Packet): FlowIdentity {
  const { bytes, l4, end } = packet;
  const quoted = quotedAt(packet);
  const l3 = quoted ?? packet.l3;
  const protocol = quoted === undefined ? transportOf(packet) : 0;
  const ported = hasPorts(protocol) && !isPiece(packet) && l4 + 4 <= end;
  return {
    source: ipSource(bytes, l3),
    destination: ipDestination(bytes, l3),
    protocol,
    sourcePort: ported ? u16(bytes, l4) : 0,
    destinationPort: ported ? u16(bytes, l4 + 2) : 0,
  };
}

const hasPorts = (protocol: number): boolean => protocol === PROTO_TCP || protocol === PROTO_UDP;

/** Pieces of one packet go one way, though only the first has ports. */
function isPiece({ bytes, l3, end }: Packet): boolean {
  if (!isVersion6(bytes, l3)) return isIpv4Fragment(bytes, l3);
  return findUpperLayer(bytes, l3, end)?.fragment !== undefined;
}

/** Where the header is that an ICMP error quotes, if it quotes a whole one. */
function quotedAt(packet: Packet): number | undefined {
  const { bytes, l3, l4, end } = packet;
  const protocol = transportOf(packet);
  const at = l4 + ICMP_HEADER;
  if (isVersion6(bytes, l3)) {
    const isError = protocol === PROTO_ICMPV6 && l4 < end && isIcmp6Error(bytes[l4]!);
    return isError && at + IPV6_HEADER <= end && isVersion6(bytes, at) ? at : undefined;
  }
  const isError = protocol === PROTO_ICMP && !isPiece(packet) && l4 < end && isIcmpError(bytes[l4]!);
  return isError && at + IPV4_HEADER <= end && !isVersion6(bytes, at) ? at : undefined;
}
