import { u16 } from '../bytes.ts';
import { IPV6_HEADER } from './ipv6-header.ts';

/** Next header values (IANA, protocol numbers). */
export const NEXT_HOP_BY_HOP = 0;
export const NEXT_ROUTING = 43;
export const NEXT_FRAGMENT = 44;
export const NEXT_AUTH = 51;
export const NEXT_NONE = 59;
export const NEXT_DESTINATION = 60;
/** No next header's value: the headers are cut before they tell. */
export const NEXT_UNREADABLE = 256;

export const FRAGMENT_HEADER = 8;

export interface UpperLayer {
  /** Where it begins. */
  readonly offset: number;
  /** What it is; NEXT_FRAGMENT for a later piece of a packet, whose upper layer is elsewhere. */
  readonly protocol: number;
  /** Where the byte is that says so. */
  readonly saidAt: number;
  /** Of the fragment header, if the packet is a piece. */
  readonly fragment: number | undefined;
}

/**
 * Walks the extension headers of a packet (RFC 8200 §4; ipv6_skip_exthdr, net/ipv6/exthdrs_core.c). Undefined if
 * one of them does not fit before `end`.
 */
export function findUpperLayer(bytes: Uint8Array, l3: number, end: number): UpperLayer | undefined {
  let protocol = bytes[l3 + 6]!;
  let saidAt = l3 + 6;
  let offset = l3 + IPV6_HEADER;
  let fragment: number | undefined;
  while (isExtension(protocol)) {
    if (offset + 8 > end) return undefined;
    if (protocol === NEXT_FRAGMENT) {
      fragment = offset;
      if (fragmentOffset(bytes, offset) !== 0) return { offset, protocol, saidAt, fragment };
    }
    const length = extensionLength(bytes, offset, protocol);
    protocol = bytes[offset]!;
    saidAt = offset;
    offset += length;
    if (offset > end) return undefined;
  }
  return { offset, protocol, saidAt, fragment };
}

/**
 * What the last header that can be read at all says would follow, though that is beyond `end`; NEXT_UNREADABLE if one
 * cannot be read (ipv6_find_hdr, which rules go by).
 */
export function announcedProtocol(bytes: Uint8Array, l3: number, end: number): number {
  let protocol = bytes[l3 + 6]!;
  for (let at = l3 + IPV6_HEADER; isExtension(protocol); ) {
    if (at + (protocol === NEXT_FRAGMENT ? 4 : 2) > end) return NEXT_UNREADABLE;
    const length = extensionLength(bytes, at, protocol);
    protocol = bytes[at]!;
    at += length;
  }
  return protocol;
}

export function isExtension(protocol: number): boolean {
  return (
    protocol === NEXT_HOP_BY_HOP ||
    protocol === NEXT_ROUTING ||
    protocol === NEXT_FRAGMENT ||
    protocol === NEXT_AUTH ||
    protocol === NEXT_DESTINATION
  );
}

/** In bytes, of the extension header at `offset`. */
export function extensionLength(bytes: Uint8Array, offset: number, protocol: number): number {
  if (protocol === NEXT_FRAGMENT) return FRAGMENT_HEADER;
  return protocol === NEXT_AUTH ? (bytes[offset + 1]! + 2) << 2 : (bytes[offset + 1]! + 1) << 3;
}

/** In bytes, of the fragment header at `offset` (RFC 8200 §4.5). */
export const fragmentOffset = (bytes: Uint8Array, offset: number): number => u16(bytes, offset + 2) & 0xfff8;
export const moreFragments = (bytes: Uint8Array, offset: number): boolean => (bytes[offset + 3]! & 1) !== 0;
