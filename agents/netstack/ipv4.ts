declare const ipv4Brand: unique symbol;

/** An IPv4 address as an unsigned 32-bit number in host order; only the parsers here make one from text. */
export type Ipv4 = number & { readonly [ipv4Brand]: true };

const DOTTED_QUAD = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

export const ANY_IPV4 = 0 as Ipv4;
export const BROADCAST_IPV4 = 0xffffffff as Ipv4;
export const LOOPBACK_IPV4 = 0x7f000001 as Ipv4;

/** Undefined unless `text` is a dotted quad; leading zeros are refused, as inet_pton does. */
export function parseIpv4(text: string): Ipv4 | undefined {
  const match = DOTTED_QUAD.exec(text);
  if (!match) return undefined;
  let value = 0;
  for (let i = 1; i <= 4; i++) {
    const digits = match[i]!;
    const octet = Number(digits);
    if (octet > 255 || (digits.length > 1 && digits[0] === '0')) return undefined;
    value = value * 256 + octet;
  }
  return value as Ipv4;
}

/** As parseIpv4, for callers to whom a bad address is a programming error. */
export function ipv4(text: string): Ipv4 {
  const address = parseIpv4(text);
  if (address === undefined) throw new TypeError(`not an IPv4 address: ${text}`);
  return address;
}

export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

export function isMulticast(address: number): boolean {
  return address >>> 28 === 0xe;
}

/** 224.0.0.0/24, which no router passes on (RFC 5771 §4). */
export function isLinkLocalMulticast4(address: number): boolean {
  return address >>> 8 === 0xe00000;
}

/** 127.0.0.0/8 (RFC 1122 §3.2.1.3). */
export function isLoopback(address: number): boolean {
  return address >>> 24 === 127;
}

/** 0.0.0.0/8 (RFC 1122 §3.2.1.3). */
export function isZeronet(address: number): boolean {
  return address >>> 24 === 0;
}
