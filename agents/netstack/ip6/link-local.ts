import type { Ipv6 } from '../ipv6.ts';

/** The link-local address with the interface identifier of an Ethernet address (RFC 4291 appendix A). */
export function linkLocalOf(mac: number): Ipv6 {
  const high = BigInt(Math.floor(mac / 0x1000000)) ^ 0x020000n;
  const low = BigInt(mac % 0x1000000);
  return ((0xfe80n << 112n) | (high << 40n) | (0xfffen << 24n) | low) as Ipv6;
}
