import { putU16, putU32, u32 } from '../bytes.ts';
import { fold, internetChecksum, sumWords } from '../checksum.ts';
import type { DropReason } from '../drop-reason.ts';

export const ICMP_HEADER = 8;

export const ICMP_ECHO_REPLY = 0;
export const ICMP_UNREACHABLE = 3;
export const ICMP_REDIRECT = 5;
export const ICMP_ECHO = 8;
export const ICMP_TIME_EXCEEDED = 11;
export const ICMP_PARAMETER = 12;

/** Codes of ICMP_UNREACHABLE (RFC 792, RFC 1812 §5.2.7.1). */
export const UNREACH_NET = 0;
export const UNREACH_HOST = 1;
export const UNREACH_PROTOCOL = 2;
export const UNREACH_PORT = 3;
export const UNREACH_FRAG_NEEDED = 4;
export const UNREACH_NET_PROHIBITED = 9;
export const UNREACH_HOST_PROHIBITED = 10;
export const UNREACH_ADMIN_PROHIBITED = 13;

export interface IcmpHeader {
  readonly type: number;
  readonly code: number;
  /** The four bytes whose meaning depends on the type: identifier and sequence, or unused and next-hop MTU. */
  readonly rest: number;
}

export function checkIcmp(bytes: Uint8Array, l4: number, end: number): DropReason | undefined {
  if (end - l4 < ICMP_HEADER) return 'PKT_TOO_SMALL';
  return fold(sumWords(bytes, l4, end)) === 0xffff ? undefined : 'ICMP_CSUM';
}

export function parseIcmp(bytes: Uint8Array, l4: number, end: number): IcmpHeader | DropReason {
  if (end - l4 < ICMP_HEADER) return 'PKT_TOO_SMALL';
  return { type: bytes[l4]!, code: bytes[l4 + 1]!, rest: u32(bytes, l4 + 4) };
}

/** Writes the header over a payload that is already in place up to `end`, and the checksum over both. */
export function writeIcmp(bytes: Uint8Array, l4: number, end: number, header: IcmpHeader): void {
  bytes[l4] = header.type;
  bytes[l4 + 1] = header.code;
  putU32(bytes, l4 + 4, header.rest);
  putU16(bytes, l4 + 2, 0);
  putU16(bytes, l4 + 2, internetChecksum(bytes, l4, end));
}

/** Whether a type reports an error about the packet that it quotes (RFC 1122 §3.2.2). */
export function isIcmpError(type: number): boolean {
  return (
    type === ICMP_UNREACHABLE ||
    type === ICMP_TIME_EXCEEDED ||
    type === ICMP_PARAMETER ||
    type === ICMP_REDIRECT ||
    type === 4
  );
}
