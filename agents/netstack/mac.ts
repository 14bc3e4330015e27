import type { NetRng } from './environment.ts';

declare const macBrand: unique symbol;

/** An Ethernet address as a 48-bit number: cheap to compare, and a Map key without a string. */
export type Mac = number & { readonly [macBrand]: true };

export const BROADCAST_MAC = 0xffffffffffff as Mac;
export const ZERO_MAC = 0 as Mac;

export function parseMac(text: string): Mac | undefined {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Number.parseInt(text.replace(/[:-]/g, ''), 16) as Mac;
}

export function mac(text: string): Mac {
  const address = parseMac(text);
  if (address === undefined) throw new TypeError(`not an Ethernet address: ${text}`);
  return address;
}

export function formatMac(address: number): string {
  return address
    .toString(16)
    .padStart(12, '0')
    .replace(/(..)(?!$)/g, '$1:');
}

export function readMac(bytes: Uint8Array, offset: number): Mac {
  const high = (bytes[offset]! << 8) | bytes[offset + 1]!;
  const low =
    ((bytes[offset + 2]! << 24) |
      (bytes[offset + 3]! << 16) |
      (bytes[offset + 4]! << 8) |
      bytes[offset + 5]!) >>>
    0;
  return (high * 0x100000000 + low) as Mac;
}

export function writeMac(bytes: Uint8Array, offset: number, address: number): void {
  const high = Math.floor(address / 0x100000000);
  const low = address >>> 0;
  bytes[offset] = high >>> 8;
  bytes[offset + 1] = high;
  bytes[offset + 2] = low >>> 24;
  bytes[offset + 3] = low >>> 16;
  bytes[offset + 4] = low >>> 8;
  bytes[offset + 5] = low;
}

/** Locally administered, unicast (IEEE 802 §8.2). */
export function randomMac(rng: NetRng): Mac {
  const first = (rng.int(256) & 0xfc) | 0x02;
  return (first * 2 ** 40 + rng.int(256) * 2 ** 32 + rng.int(65536) * 65536 + rng.int(65536)) as Mac;
}

/** The group bit of the first octet: broadcast and multicast. */
export function isGroupMac(address: number): boolean {
  return (Math.floor(address / 2 ** 40) & 1) === 1;
}
