import { putU32, u32 } from '../bytes.ts';
import type { DropReason } from '../drop-reason.ts';

export const VXLAN_HEADER = 8;
const HAS_VNI = 0x08000000;

/** The VNI of a VXLAN header, or why it is not one: without the I flag, or with any reserved bit (RFC 7348 §5; vxlan_rcv). */
export function parseVxlan(bytes: Uint8Array, offset: number, end: number): number | DropReason {
  if (end - offset < VXLAN_HEADER) return 'PKT_TOO_SMALL';
  if (u32(bytes, offset) !== HAS_VNI || bytes[offset + 7] !== 0) return 'VXLAN_INVALID_HDR';
  return u32(bytes, offset + 4) >>> 8;
}

export function writeVxlan(bytes: Uint8Array, offset: number, vni: number): void {
  putU32(bytes, offset, HAS_VNI);
  putU32(bytes, offset + 4, vni << 8);
}
