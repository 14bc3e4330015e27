import { formatIpv4, parseIpv4 } from './ipv4.ts';

declare const ipv6Brand: unique symbol;

/** An IPv6 address as an unsigned 128-bit integer; only the parsers here and header readers make one. */
export type Ipv6 = bigint & { readonly [ipv6Brand]: true };

export const ANY_IPV6 = 0n as Ipv6;
export const LOOPBACK_IPV6 = 1n as Ipv6;
/** ff02::1 and ff02::2 (RFC 4291 §2.7.1). */
export const ALL_NODES = ((0xff02n << 112n) | 1n) as Ipv6;
export const ALL_ROUTERS = ((0xff02n << 112n) | 2n) as Ipv6;
const SOLICITED_NODE = (0xff02n << 112n) | (1n << 32n) | 0xff000000n;

/** RFC 4291 §2.2, all three forms, without a zone; undefined for anything else. */
export function parseIpv6(text: string): Ipv6 | undefined {
  if (text.length > 45 || !/^[0-9a-fA-F:.]+$/.test(text)) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n) as Ipv6;
}

/** Groups between colons; the last may be a dotted quad where `mayEndDotted`. */
function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const words = text.split(':');
  for (const [i, word] of words.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(word)) groups.push(Number.parseInt(word, 16));
    else {
      const dotted = mayEndDotted && i === words.length - 1 ? parseIpv4(word) : undefined;
      if (dotted === undefined) return undefined;
      groups.push(dotted >>> 16, dotted & 0xffff);
    }
  }
  return groups;
}

/** As parseIpv6, for callers to whom a bad address is a programming error. */
export function ipv6(text: string): Ipv6 {
  const address = parseIpv6(text);
  if (address === undefined) throw new TypeError(`not an IPv6 address: ${text}`);
  return address;
}

/** RFC 5952: lower case, the first longest run of zero groups left out; mapped IPv4 in dotted form. */
export function formatIpv6(address: bigint): string {
  if (address >> 32n === 0xffffn) return `::ffff:${formatIpv4(Number(address & 0xffffffffn))}`;
  const groups = Array.from({ length: 8 }, (_, i) => Number((address >> BigInt(112 - 16 * i)) & 0xffffn));
  const [start, length] = longestZeros(groups);
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return length < 2 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}

function longestZeros(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best[1]) best = [start, length];
  }
  return best;
}

const MULTICAST = 0xffn << 120n;
const [LINK_LOCAL, AFTER_LINK_LOCAL] = [0xfe80n << 112n, 0xfec0n << 112n];
const [OF_LINK, AFTER_OF_LINK] = [0xff02n << 112n, 0xff03n << 112n];

/** ff00::/8. */
export const isMulticast6 = (address: bigint): boolean => address >= MULTICAST;
/** fe80::/10. */
export const isLinkLocal6 = (address: bigint): boolean => address >= LINK_LOCAL && address < AFTER_LINK_LOCAL;
/** Multicast that does not leave its link (ff02::/16). */
export const isLinkLocalMulticast = (address: bigint): boolean =>
  address >= OF_LINK && address < AFTER_OF_LINK;

const [SITE_LOCAL, AFTER_SITE_LOCAL] = [AFTER_LINK_LOCAL, MULTICAST];

/**
 * How far an address means something, if not everywhere, in the numbers of multicast scopes: 1 of an interface, 2 of a
 * link, 5 of a site; else 0 (RFC 4291 §2.7; __ipv6_addr_type, net/ipv6/addrconf_core.c).
 */
export function narrowScope(address: bigint): number {
  if (isLinkLocal6(address)) return 2;
  if (isLoopback6(address)) return 1;
  if (address >= SITE_LOCAL && address < AFTER_SITE_LOCAL) return 5;
  const scope = isMulticast6(address) ? Number((address >> 112n) & 15n) : 0;
  return scope === 1 || scope === 2 || scope === 5 ? scope : 0;
}

/** The old form of an address of IPv4 (::/96), but for the two that mean something else. */
export const isCompatible = (address: bigint): boolean => address > 1n && address >> 32n === 0n;

/** An address of IPv4 in one of IPv6 (::ffff:0:0/96). */
export const isMapped = (address: bigint): boolean => address >> 32n === 0xffffn;

/** The group in which an address is asked for (RFC 4291 §2.7.1). */
export function solicitedNode(address: bigint): Ipv6 {
  return (SOLICITED_NODE | (address & 0xffffffn)) as Ipv6;
}

/** The group of somebody's: of whose address it is, the last bits tell. */
export const isSolicitedNode = (address: bigint): boolean => address >> 24n === SOLICITED_NODE >> 24n;

export const isLoopback6 = (address: bigint): boolean => address === 1n;
