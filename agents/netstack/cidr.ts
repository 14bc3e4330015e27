import { formatIp, type IpAddress } from './ip-address.ts';
import { type Ipv4, parseIpv4 } from './ipv4.ts';
import { type Ipv6, parseIpv6 } from './ipv6.ts';

/** An address with a prefix length; the host bits are kept, so it also describes an interface's address. */
export interface Prefix<Address extends IpAddress = IpAddress> {
  readonly address: Address;
  readonly prefixLength: number;
}
export type Cidr = Prefix<Ipv4>;
export type Cidr6 = Prefix<Ipv6>;

/** Accepts `10.0.0.0/8`, and a bare address as a /32. */
export function parseCidr(text: string): Cidr | undefined {
  return parseWith(text, parseIpv4, 32);
}

/** Accepts `fd00::/8`, and a bare address as a /128. */
export function parseCidr6(text: string): Cidr6 | undefined {
  return parseWith(text, parseIpv6, 128);
}

/** A prefix of either family. */
export function parsePrefix(text: string): Prefix | undefined {
  return text.includes(':') ? parseCidr6(text) : parseCidr(text);
}

function parseWith<Address extends IpAddress>(
  text: string,
  parse: (text: string) => Address | undefined,
  bits: number,
): Prefix<Address> | undefined {
  const slash = text.indexOf('/');
  const address = parse(slash < 0 ? text : text.slice(0, slash));
  const length = slash < 0 ? String(bits) : text.slice(slash + 1);
  if (address === undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const prefixLength = Number(length);
  return prefixLength > bits ? undefined : { address, prefixLength };
}

/** As parseCidr, for callers to whom a bad prefix is a programming error. */
export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed) throw new TypeError(`not an IPv4 prefix: ${text}`);
  return parsed;
}

/** As parseCidr6, for callers to whom a bad prefix is a programming error. */
export function cidr6(text: string): Cidr6 {
  const parsed = parseCidr6(text);
  if (!parsed) throw new TypeError(`not an IPv6 prefix: ${text}`);
  return parsed;
}

export function formatCidr({ address, prefixLength }: Prefix): string {
  return `${formatIp(address)}/${prefixLength}`;
}

/** The netmask of an IPv4 prefix length, unsigned. */
export function maskOf(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}

const ALL_ONES = (1n << 128n) - 1n;
const MASKS_6 = Array.from({ length: 129 }, (_, length) => ALL_ONES ^ ((1n << BigInt(128 - length)) - 1n));

/** The netmask of an IPv6 prefix length. */
export function mask6Of(prefixLength: number): bigint {
  return MASKS_6[prefixLength]!;
}

/** The prefix length of a contiguous mask, else undefined. */
export function prefixLengthOf(mask: number | bigint): number | undefined {
  if (typeof mask === 'bigint') {
    const length = MASKS_6.indexOf(mask);
    return length < 0 ? undefined : length;
  }
  const length = Math.clz32(~mask);
  return maskOf(length) === mask >>> 0 ? length : undefined;
}

/** The bits of `address` that `mask` keeps; both of one family. */
export function masked<Address extends IpAddress>(address: Address, mask: number | bigint): Address {
  if (typeof address === 'bigint') return (address & (mask as bigint)) as Address;
  return (((address as number) & (mask as number)) >>> 0) as Address;
}

/** The netmask of a prefix of the family of `address`. */
export function maskFor(address: IpAddress, prefixLength: number): number | bigint {
  return typeof address === 'bigint' ? mask6Of(prefixLength) : maskOf(prefixLength);
}

export function networkOf<Address extends IpAddress>({ address, prefixLength }: Prefix<Address>): Address {
  return masked(address, maskFor(address, prefixLength));
}

export function broadcastOf(prefix: Cidr): Ipv4 {
  return ((prefix.address | ~maskOf(prefix.prefixLength)) >>> 0) as Ipv4;
}

/** Whether `address` is inside; never for one of the other family. */
export function contains(prefix: Prefix, address: number | bigint): boolean {
  if (typeof prefix.address === 'bigint') {
    if (typeof address !== 'bigint') return false;
    return ((address ^ prefix.address) & mask6Of(prefix.prefixLength)) === 0n;
  }
  if (typeof address === 'bigint') return false;
  return ((address ^ prefix.address) & maskOf(prefix.prefixLength)) === 0;
}
