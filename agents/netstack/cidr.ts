import { formatIpv4, type Ipv4, parseIpv4 } from './ipv4.ts';

/** An address with a prefix length; the host bits are kept, so it also describes an interface's address. */
export interface Cidr {
  readonly address: Ipv4;
  readonly prefixLength: number;
}

/** Accepts `10.0.0.0/8`, and a bare address as a /32. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address = parseIpv4(slash < 0 ? text : text.slice(0, slash));
  const length = slash < 0 ? '32' : text.slice(slash + 1);
  if (address === undefined || !/^\d{1,2}$/.test(length)) return undefined;
  const prefixLength = Number(length);
  return prefixLength > 32 ? undefined : { address, prefixLength };
}

/** As parseCidr, for callers to whom a bad prefix is a programming error. */
export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed) throw new TypeError(`not an IPv4 prefix: ${text}`);
  return parsed;
}

export function formatCidr({ address, prefixLength }: Cidr): string {
  return `${formatIpv4(address)}/${prefixLength}`;
}

/** The netmask of a prefix length, unsigned. */
export function maskOf(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}

/** The prefix length of a contiguous mask, else undefined. */
export function prefixLengthOf(mask: number): number | undefined {
  const length = Math.clz32(~mask);
  return maskOf(length) === mask >>> 0 ? length : undefined;
}

export function networkOf(prefix: Cidr): Ipv4 {
  return ((prefix.address & maskOf(prefix.prefixLength)) >>> 0) as Ipv4;
}

export function broadcastOf(prefix: Cidr): Ipv4 {
  return ((prefix.address | ~maskOf(prefix.prefixLength)) >>> 0) as Ipv4;
}

export function contains(prefix: Cidr, address: number): boolean {
  return ((address ^ prefix.address) & maskOf(prefix.prefixLength)) === 0;
}
