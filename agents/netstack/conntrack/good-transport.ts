import { u16 } from '../bytes.ts';
import { fold, pseudoHeaderSum, sumWords } from '../checksum.ts';
import { checkIcmp } from '../header/icmp-header.ts';
import { checkIcmp6 } from '../header/icmp6-header.ts';
import { isGoodSctp } from '../header/sctp-header.ts';
import { checkTcp } from '../header/tcp-header.ts';
import { checkUdp, UDP_HEADER } from '../header/udp-header.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import type { Tuple } from './tuple.ts';

/** Wrong checksums make a packet INVALID at PREROUTING (nf_conntrack_checksum). */
export function hasGoodTransport(packet: Packet, { source, destination, protocol }: Tuple): boolean {
  if (packet.checksumsGood) return true;
  const { bytes, l4, end } = packet;
  if (protocol === PROTO_TCP && checkTcp(bytes, l4, end, source, destination)) return false;
  if (protocol === PROTO_UDP && u16(bytes, l4 + 4) !== end - l4)
    return isPaddedDatagram(packet, source, destination);
  if (protocol === PROTO_UDP && checkUdp(bytes, l4, end, source, destination)) return false;
  if (protocol === PROTO_ICMP && checkIcmp(bytes, l4, end)) return false;
  if (protocol === PROTO_ICMPV6 && checkIcmp6(bytes, packet.l3, l4, end)) return false;
  if (protocol === PROTO_SCTP && !isGoodSctp(bytes, l4, end)) return false;
  packet.checksumsGood = true;
  return true;
}

/** A datagram shorter than its packet: tracking sums all that the packet has (udp_error, nf_ip_checksum). */
function isPaddedDatagram({ bytes, l4, end }: Packet, source: IpAddress, destination: IpAddress): boolean {
  const length = u16(bytes, l4 + 4);
  if (length < UDP_HEADER || length > end - l4) return false;
  if (u16(bytes, l4 + 6) === 0) return true;
  return fold(sumWords(bytes, l4, end, pseudoHeaderSum(source, destination, PROTO_UDP, end - l4))) === 0xffff;
}
