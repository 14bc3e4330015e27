import { u16 } from '../bytes.ts';
import { patchChecksum16 } from '../checksum.ts';

/** RFC 1624: the TTL is the high byte of its word. */
export function decrementTtl(bytes: Uint8Array, l3: number): void {
  const before = u16(bytes, l3 + 8);
  bytes[l3 + 8] = bytes[l3 + 8]! - 1;
  patchChecksum16(bytes, l3 + 10, before, before - 0x100);
}
