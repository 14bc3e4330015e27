import { u16 } from '../bytes.ts';
import { ipv4Destination, ipv4Protocol, ipv4Source, ipv4TotalLength } from '../header/ipv4-header.ts';
import { formatIpv4 } from '../ipv4.ts';
import type { Link } from '../link/link.ts';
import type { Packet } from '../packet.ts';
import { PROTO_TCP, PROTO_UDP, protocolName } from '../protocol-numbers.ts';

/** A packet as the LOG target writes it to the kernel log (net/netfilter/nf_log_syslog.c), shortened. */
export function formatLog(
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
  prefix: string,
): string {
  const { bytes, l3, l4, end } = packet;
  const protocol = ipv4Protocol(bytes, l3);
  const words = [
    `${prefix}IN=${input?.name ?? ''}`,
    `OUT=${output?.name ?? ''}`,
    `SRC=${formatIpv4(ipv4Source(bytes, l3))}`,
    `DST=${formatIpv4(ipv4Destination(bytes, l3))}`,
    `LEN=${ipv4TotalLength(bytes, l3)}`,
    `TTL=${bytes[l3 + 8]}`,
    `PROTO=${protocolName(protocol)?.toUpperCase() ?? protocol}`,
  ];
  if ((protocol === PROTO_TCP || protocol === PROTO_UDP) && l4 + 4 <= end) {
    words.push(`SPT=${u16(bytes, l4)}`, `DPT=${u16(bytes, l4 + 2)}`);
  }
  if (packet.mark) words.push(`MARK=0x${packet.mark.toString(16)}`);
  return words.join(' ');
}
