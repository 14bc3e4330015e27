import { u16 } from '../bytes.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../header/tcp-header.ts';
import type { IpVersion } from '../ip-address.ts';
import type { Packet } from '../packet.ts';
import { ETH_IPV4, ETH_IPV6, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';

/**
 * Where in a plain frame is what tells flows apart and what changes on the way, in bytes from its first. An address is
 * its last word, `source` and `destination`; IPv6's other words are at `upper`, three of each.
 */
export interface FrameLayout {
  readonly version: IpVersion;
  readonly source: number;
  readonly destination: number;
  readonly upper: readonly number[];
  readonly protocol: number;
  /** TTL or hop limit. */
  readonly hops: number;
  readonly l4: number;
}

const L3 = 14;
const TCP_HEADER = 20;
const UDP_HEADER = 8;
const TCP_FLAGS = 13;
const TCP_CONTROL = TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK;

const IPV4_LAYOUT: FrameLayout = {
  version: 4,
  source: 26,
  destination: 30,
  upper: [],
  protocol: 23,
  hops: 22,
  l4: 34,
};

const IPV6_LAYOUT: FrameLayout = {
  version: 6,
  source: 34,
  destination: 50,
  upper: [22, 26, 30, 38, 42, 46],
  protocol: 20,
  hops: 21,
  l4: 54,
};

/**
 * Of a whole TCP or UDP packet without options, extension headers or padding; of TCP neither the beginning nor the end.
 * Undefined for any other frame.
 */
export function layoutOf(packet: Packet): FrameLayout | undefined {
  const layout = headerLayout(packet);
  if (layout === undefined) return undefined;
  const { bytes, start, end } = packet;
  const length = end - start - layout.l4;
  const protocol = bytes[start + layout.protocol];
  if (protocol === PROTO_UDP) return length >= UDP_HEADER ? layout : undefined;
  if (protocol !== PROTO_TCP || length < TCP_HEADER) return undefined;
  return (bytes[start + layout.l4 + TCP_FLAGS]! & TCP_CONTROL) === TCP_ACK ? layout : undefined;
}

function headerLayout({ bytes, start, end }: Packet): FrameLayout | undefined {
  if (end - start < IPV4_LAYOUT.l4) return undefined;
  const etherType = u16(bytes, start + 12);
  if (etherType === ETH_IPV4) {
    if (bytes[start + L3] !== 0x45 || u16(bytes, start + 16) !== end - start - L3) return undefined;
    return (u16(bytes, start + 20) & 0x3fff) === 0 ? IPV4_LAYOUT : undefined;
  }
  if (etherType !== ETH_IPV6 || bytes[start + L3]! >> 4 !== 6) return undefined;
  return u16(bytes, start + 18) === end - start - IPV6_LAYOUT.l4 ? IPV6_LAYOUT : undefined;
}
