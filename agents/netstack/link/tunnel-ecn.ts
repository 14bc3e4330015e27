import { u16 } from '../bytes.ts';
import { patchChecksum16 } from '../checksum.ts';
import { ETHERNET_HEADER } from '../header/ethernet.ts';
import { classOf } from '../header/ip-header.ts';
import { IPV4_HEADER } from '../header/ipv4-header.ts';
import { IPV6_HEADER } from '../header/ipv6-header.ts';
import type { IpVersion } from '../ip-address.ts';
import type { Packet } from '../packet.ts';
import { ETH_IPV4, ETH_IPV6 } from '../protocol-numbers.ts';

/** Explicit congestion notification: the low bits of a header's class of service (RFC 3168 §5). */
export const ECN_MASK = 3;
const ECN_ECT_1 = 1;
const ECN_ECT_0 = 2;
const ECN_CE = 3;

/** What a frame carries that knows of congestion. */
function versionInside({ bytes, start, end }: Packet): IpVersion | undefined {
  const type = u16(bytes, start + 12);
  const length = end - start - ETHERNET_HEADER;
  if (type === ETH_IPV4 && length >= IPV4_HEADER) return 4;
  return type === ETH_IPV6 && length >= IPV6_HEADER ? 6 : undefined;
}

/** The outer header shows what the inner one can bear of congestion marks (RFC 3168 §9.1.1, ip_tunnel_ecn_encap). */
export function outerTos(packet: Packet): number {
  if (versionInside(packet) === undefined) return 0;
  const inner = classOf(packet.bytes, packet.start + ETHERNET_HEADER) & ECN_MASK;
  return inner === ECN_CE ? ECN_ECT_0 : inner;
}

/** Congestion met on the way is told to the inner packet; false if that one does not know of it (RFC 6040 §4.2). */
export function tellCongestion(packet: Packet, outer: number): boolean {
  const version = versionInside(packet);
  if (version === undefined) return true;
  const { bytes, start } = packet;
  const l3 = start + ETHERNET_HEADER;
  const inner = classOf(bytes, l3) & ECN_MASK;
  if (inner === 0) return outer !== ECN_CE;
  const isTold = outer === ECN_CE || (outer === ECN_ECT_1 && inner === ECN_ECT_0);
  if (!isTold) return true;
  const before = u16(bytes, l3);
  if (version === 6) bytes[l3 + 1] = (bytes[l3 + 1]! & ~(ECN_MASK << 4)) | (outer << 4);
  else {
    bytes[l3 + 1] = (bytes[l3 + 1]! & ~ECN_MASK) | outer;
    patchChecksum16(bytes, l3 + 10, before, u16(bytes, l3));
  }
  return true;
}
