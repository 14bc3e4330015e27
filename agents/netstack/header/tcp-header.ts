import { putU16, putU32, u16, u32 } from '../bytes.ts';
import { fold, internetChecksum, pseudoHeaderSum, sumWords } from '../checksum.ts';
import type { DropReason } from '../drop-reason.ts';
import { PROTO_TCP } from '../protocol-numbers.ts';

export const TCP_HEADER = 20;
export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;
export const TCP_URG = 0x20;

export interface TcpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly window: number;
  /** Options the stack speaks; others are skipped (RFC 9293 §3.1, RFC 7323 §2). */
  readonly mss?: number;
  readonly windowScale?: number;
}

export const tcpFlags = (bytes: Uint8Array, l4: number): number => bytes[l4 + 13]!;
export const tcpHeaderLength = (bytes: Uint8Array, l4: number): number => (bytes[l4 + 12]! >>> 4) << 2;

/** Undefined if the segment's lengths and checksum are right. */
export function checkTcp(
  bytes: Uint8Array,
  l4: number,
  end: number,
  source: number | bigint,
  destination: number | bigint,
): DropReason | undefined {
  if (end - l4 < TCP_HEADER) return 'PKT_TOO_SMALL';
  const headerLength = tcpHeaderLength(bytes, l4);
  if (headerLength < TCP_HEADER || l4 + headerLength > end) return 'TCP_INVALID';
  const sum = sumWords(bytes, l4, end, pseudoHeaderSum(source, destination, PROTO_TCP, end - l4));
  return fold(sum) === 0xffff ? undefined : 'TCP_CSUM';
}

export function parseTcp(bytes: Uint8Array, l4: number, end: number): TcpHeader | DropReason {
  if (end - l4 < TCP_HEADER) return 'PKT_TOO_SMALL';
  const headerLength = tcpHeaderLength(bytes, l4);
  if (headerLength < TCP_HEADER || l4 + headerLength > end) return 'TCP_INVALID';
  return {
    sourcePort: u16(bytes, l4),
    destinationPort: u16(bytes, l4 + 2),
    sequence: u32(bytes, l4 + 4),
    acknowledgment: u32(bytes, l4 + 8),
    flags: bytes[l4 + 13]!,
    window: u16(bytes, l4 + 14),
    ...(headerLength > TCP_HEADER ? parseOptions(bytes, l4 + TCP_HEADER, l4 + headerLength) : {}),
  };
}

/** Stops at the first option whose length lies, as tcp_parse_options does. */
function parseOptions(bytes: Uint8Array, start: number, end: number): { mss?: number; windowScale?: number } {
  const options: { mss?: number; windowScale?: number } = {};
  let i = start;
  while (i < end) {
    const kind = bytes[i]!;
    if (kind === 0) break;
    if (kind === 1) {
      i++;
      continue;
    }
    const length = i + 1 < end ? bytes[i + 1]! : 0;
    if (length < 2 || i + length > end) break;
    if (kind === 2 && length === 4) options.mss = u16(bytes, i + 2);
    if (kind === 3 && length === 3) options.windowScale = Math.min(bytes[i + 2]!, 14);
    i += length;
  }
  return options;
}

/** The header's length with the options that `header` carries. */
export function tcpHeaderSize(header: Pick<TcpHeader, 'mss' | 'windowScale'>): number {
  return TCP_HEADER + (header.mss === undefined ? 0 : 4) + (header.windowScale === undefined ? 0 : 4);
}

/** Writes the header; writeTcpChecksum fills in the checksum once the payload is there. */
export function writeTcp(bytes: Uint8Array, l4: number, header: TcpHeader): void {
  putU16(bytes, l4, header.sourcePort);
  putU16(bytes, l4 + 2, header.destinationPort);
  putU32(bytes, l4 + 4, header.sequence);
  putU32(bytes, l4 + 8, header.acknowledgment);
  bytes[l4 + 12] = (tcpHeaderSize(header) >>> 2) << 4;
  bytes[l4 + 13] = header.flags;
  putU16(bytes, l4 + 14, header.window);
  putU16(bytes, l4 + 16, 0);
  putU16(bytes, l4 + 18, 0);
  let i = l4 + TCP_HEADER;
  if (header.mss !== undefined) {
    putU16(bytes, i, 0x0204);
    putU16(bytes, i + 2, header.mss);
    i += 4;
  }
  if (header.windowScale !== undefined) {
    putU32(bytes, i, 0x01030300 | header.windowScale);
  }
}

export function writeTcpChecksum(
  bytes: Uint8Array,
  l4: number,
  end: number,
  source: number | bigint,
  destination: number | bigint,
): void {
  putU16(bytes, l4 + 16, 0);
  putU16(
    bytes,
    l4 + 16,
    internetChecksum(bytes, l4, end, pseudoHeaderSum(source, destination, PROTO_TCP, end - l4)),
  );
}
