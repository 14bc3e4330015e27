import { formatIpv4, type Ipv4, parseIpv4 } from './ipv4.ts';
import { formatIpv6, type Ipv6, parseIpv6 } from './ipv6.ts';

/** An address of either family; its type at run time tells which: a number, or a bigint. */
export type IpAddress = Ipv4 | Ipv6;
export type IpVersion = 4 | 6;

export function isIpv6(address: number | bigint): address is bigint {
  return typeof address === 'bigint';
}

export function versionOf(address: number | bigint): IpVersion {
  return typeof address === 'bigint' ? 6 : 4;
}

/** How long an address is. */
export const bitsOf = (address: number | bigint): 32 | 128 => (typeof address === 'bigint' ? 128 : 32);

export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

export function formatIp(address: number | bigint): string {
  return typeof address === 'bigint' ? formatIpv6(address) : formatIpv4(address);
}

/** 0.0.0.0 or :: . */
export function isAny(address: number | bigint): boolean {
  return address === 0 || address === 0n;
}

/** `1.2.3.4:80` or `[::1]:80`. */
export function formatEndpoint({
  address,
  port,
}: {
  readonly address: number | bigint;
  readonly port: number;
}): string {
  return typeof address === 'bigint' ? `[${formatIpv6(address)}]:${port}` : `${formatIpv4(address)}:${port}`;
}
