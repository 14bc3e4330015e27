import { putU32, u32 } from '../bytes.ts';
import type { DropReason } from '../drop-reason.ts';

export const VXLAN_HEADER = 8;

/** The VNI of a VXLAN header whose I flag is set (RFC 7348 §5), or why it is not one. */
export function parseVxlan(bytes: Uint8Array, offset: number, end: number): number | DropReason {
  if (end - offset < VXLAN_HEADER) return 'PKT_TOO_SMALL';
  if ((bytes[offset]! & 0x08) === 0) return 'VXLAN_INVALID_HDR';
  return u32(bytes, offset + 4) >>> 8;
}

export function writeVxlan(bytes: Uint8Array, offset: number, vni: number): void {
  putU32(bytes, offset, 0x08000000);
  putU32(bytes, offset + 4, vni << 8);
}
