import { putU16, putU32, u16, u32 } from '../bytes.ts';
import { patchChecksum16, patchChecksum32 } from '../checksum.ts';
import { ipDestination, ipSource, isVersion6 } from '../header/ip-header.ts';
import { IPV4_HEADER } from '../header/ipv4-header.ts';
import { IPV6_HEADER } from '../header/ipv6-header.ts';
import { TCP_HEADER } from '../header/tcp-header.ts';
import { isLaterFragment } from '../ip/later-fragment.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';

const OPTION_MSS = 2;
const OPTION_LENGTH = 4;
const LONGEST_HEADER = 60;
const CHECKSUM = 16;
/** What is believed of who says nothing (RFC 9293 §3.7.1). */
const DEFAULT_MSS = 536;
const DEFAULT_MSS_6 = 1220;

/**
 * tcpmss_mangle_packet, net/netfilter/xt_TCPMSS.c: a segment's announced size, made smaller, never larger, or added to
 * one without data. False if the packet is to be dropped.
 */
export function clampMss(ns: Netns, packet: Packet, wanted: number | 'path MTU'): boolean {
  if (isLaterFragment(packet)) return true;
  const { bytes, l4, end } = packet;
  const length = end - l4;
  if (length < TCP_HEADER) return false;
  const header = (bytes[l4 + 12]! >>> 4) << 2;
  if (length < header || header < TCP_HEADER) return false;
  const size = wanted === 'path MTU' ? sizeOnPath(ns, packet) : wanted;
  if (size === undefined) return false;
  if (packet.fragments) packet.fragments = { ...packet.fragments, lengths: undefined };
  const at = findMss(packet, header);
  if (at !== undefined) lower(packet, at, size);
  else if (length === header && header < LONGEST_HEADER) add(packet, size);
  return true;
}

/** What fits both ways; undefined if nothing does. */
function sizeOnPath(ns: Netns, packet: Packet): number | undefined {
  const { bytes, l3 } = packet;
  const headers = (isVersion6(bytes, l3) ? IPV6_HEADER : IPV4_HEADER) + TCP_HEADER;
  const [source, destination] = [ipSource(bytes, l3), ipDestination(bytes, l3)];
  const ip = ns.ipFor(destination);
  const back = ns.lookup(source) === undefined ? Number.POSITIVE_INFINITY : ip.mtuTowards(source, {});
  const mtu = Math.min(ip.mtuTowards(destination, { mark: packet.mark }), back);
  return mtu <= headers ? undefined : mtu - headers;
}

function findMss({ bytes, l4 }: Packet, header: number): number | undefined {
  const last = l4 + header - OPTION_LENGTH;
  for (let at = l4 + TCP_HEADER; at <= last; ) {
    if (bytes[at] === OPTION_MSS && bytes[at + 1] === OPTION_LENGTH) return at + 2;
    at += bytes[at]! <= 1 || bytes[at + 1] === 0 ? 1 : bytes[at + 1]!;
  }
  return undefined;
}

function lower({ bytes, l4 }: Packet, at: number, size: number): void {
  const before = u16(bytes, at);
  if (before <= size) return;
  putU16(bytes, at, size);
  // As in Linux, a size at an odd byte makes the checksum wrong: its two bytes belong to two words there.
  patchChecksum16(bytes, l4 + CHECKSUM, before, size);
}

/** The option comes first; the headers before it move into the head room. */
function add(packet: Packet, wanted: number): void {
  const six = isVersion6(packet.bytes, packet.l3);
  const size = Math.min(wanted, six ? DEFAULT_MSS_6 : DEFAULT_MSS);
  const length = packet.end - packet.l4;
  packet.push(OPTION_LENGTH);
  const { bytes, start } = packet;
  bytes.copyWithin(start, start + OPTION_LENGTH, packet.l4 + TCP_HEADER);
  packet.l3 -= OPTION_LENGTH;
  packet.l4 -= OPTION_LENGTH;
  const { l4 } = packet;
  const option = ((OPTION_MSS << 24) | (OPTION_LENGTH << 16) | size) >>> 0;
  const sum = l4 + CHECKSUM;
  patchChecksum16(bytes, sum, length, length + OPTION_LENGTH);
  putU32(bytes, l4 + TCP_HEADER, option);
  patchChecksum32(bytes, sum, 0, u32(bytes, l4 + TCP_HEADER));
  const offset = u16(bytes, l4 + 12);
  putU16(bytes, l4 + 12, offset + 0x1000);
  patchChecksum16(bytes, sum, offset, offset + 0x1000);
  growIp(packet, six);
}

function growIp({ bytes, l3 }: Packet, six: boolean): void {
  const at = six ? l3 + 4 : l3 + 2;
  const before = u16(bytes, at);
  putU16(bytes, at, before + OPTION_LENGTH);
  if (!six) patchChecksum16(bytes, l3 + 10, before, before + OPTION_LENGTH);
}
