import { putU16, u16 } from '../bytes.ts';
import type { DropReason } from '../drop-reason.ts';
import { type Mac, readMac, writeMac } from '../mac.ts';

export const ETHERNET_HEADER = 14;

export interface EthernetHeader {
  readonly destination: Mac;
  readonly source: Mac;
  /** Any value survives, known or not. */
  readonly etherType: number;
}

export function parseEthernet(bytes: Uint8Array, start: number, end: number): EthernetHeader | DropReason {
  if (end - start < ETHERNET_HEADER) return 'PKT_TOO_SMALL';
  return {
    destination: readMac(bytes, start),
    source: readMac(bytes, start + 6),
    etherType: u16(bytes, start + 12),
  };
}

export function writeEthernet(
  bytes: Uint8Array,
  start: number,
  destination: number,
  source: number,
  etherType: number,
): void {
  writeMac(bytes, start, destination);
  writeMac(bytes, start + 6, source);
  putU16(bytes, start + 12, etherType);
}
