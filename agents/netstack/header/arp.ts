import { putU16, putU32, u16, u32 } from '../bytes.ts';
import type { DropReason } from '../drop-reason.ts';
import type { Ipv4 } from '../ipv4.ts';
import { type Mac, readMac, writeMac } from '../mac.ts';

/** Hardware types that Linux takes for one. */
const ETHERNET = 1;
const IEEE_802 = 6;

export const ARP_LENGTH = 28;
export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

/** An ARP message for IPv4 over Ethernet (RFC 826). */
export interface ArpMessage {
  readonly operation: number;
  readonly senderMac: Mac;
  readonly senderAddress: Ipv4;
  readonly targetMac: Mac;
  readonly targetAddress: Ipv4;
}

export function parseArp(bytes: Uint8Array, start: number, end: number): ArpMessage | DropReason {
  if (end - start < ARP_LENGTH) return 'PKT_TOO_SMALL';
  const hardware = u16(bytes, start);
  const wellFormed =
    (hardware === ETHERNET || hardware === IEEE_802) &&
    u16(bytes, start + 2) === 0x0800 &&
    bytes[start + 4] === 6 &&
    bytes[start + 5] === 4;
  if (!wellFormed) return 'ARP_INVALID';
  return {
    operation: u16(bytes, start + 6),
    senderMac: readMac(bytes, start + 8),
    senderAddress: u32(bytes, start + 14) as Ipv4,
    targetMac: readMac(bytes, start + 18),
    targetAddress: u32(bytes, start + 24) as Ipv4,
  };
}

export function writeArp(bytes: Uint8Array, start: number, message: ArpMessage): void {
  putU16(bytes, start, ETHERNET);
  putU16(bytes, start + 2, 0x0800);
  bytes[start + 4] = 6;
  bytes[start + 5] = 4;
  putU16(bytes, start + 6, message.operation);
  writeMac(bytes, start + 8, message.senderMac);
  putU32(bytes, start + 14, message.senderAddress);
  writeMac(bytes, start + 18, message.targetMac);
  putU32(bytes, start + 24, message.targetAddress);
}
