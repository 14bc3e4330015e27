import { u16 } from '../bytes.ts';
import { ipDestination, ipSource, isVersion6, transportOf } from '../header/ip-header.ts';
import { formatIp } from '../ip-address.ts';
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
  const protocol = transportOf(packet);
  const ttl = isVersion6(bytes, l3) ? `HOPLIMIT=${bytes[l3 + 7]}` : `TTL=${bytes[l3 + 8]}`;
  const words = [
    `${prefix}IN=${input?.name ?? ''}`,
    `OUT=${output?.name ?? ''}`,
    `SRC=${formatIp(ipSource(bytes, l3))}`,
    `DST=${formatIp(ipDestination(bytes, l3))}`,
    `LEN=${end - l3}`,
    ttl,
    `PROTO=${protocolName(protocol)?.toUpperCase() ?? protocol}`,
  ];
  if ((protocol === PROTO_TCP || protocol === PROTO_UDP) && l4 + 4 <= end) {
    words.push(`SPT=${u16(bytes, l4)}`, `DPT=${u16(bytes, l4 + 2)}`);
  }
  if (packet.mark) words.push(`MARK=0x${packet.mark.toString(16)}`);
  return words.join(' ');
}
