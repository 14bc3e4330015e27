import { internetChecksum } from '../../agents/netstack/checksum.ts';
import type { Rng } from '../../platform/rng.ts';
import { udpFrame } from './plain-frames.ts';
import { FAMILIES, type Family, NODE_MAC, PEER_MAC } from './socket-host.ts';

/** A datagram that comes, or the size of one that is to be sent. */
export interface Datagram {
  readonly what: string;
  readonly frame?: Uint8Array;
  readonly size?: number;
}

const TO_SEND = [0, 1, 100, 1400, 1452, 1472, 1473, 3000, 65_507, 65_508, 65_535];

export function drawDatagram(rng: Rng, family: Family): Datagram {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  if (rng.int(4) === 0) {
    const size = any(TO_SEND);
    return { what: `send ${size}`, size };
  }
  const { peer: source, node: destination } = FAMILIES[family];
  const port = any([5353, 5353, 5353, 5354, 0]);
  const size = any([0, 1, 7, 100, 1400]);
  const way = { from: PEER_MAC, to: NODE_MAC, source, destination };
  const frame = udpFrame(way, any([7, 7, 0]), port, rng.bytes(size));
  const l4 = family === 'IPv6' ? 54 : 34;
  const damage = any(['', '', 'no sum', 'bad sum', 'short', 'long', 'length 0', 'cut', 'padded'] as const);
  const view = new DataView(frame.buffer, frame.byteOffset);
  if (damage === 'no sum') view.setUint16(l4 + 6, 0);
  if (damage === 'bad sum') frame[l4 + 6]! ^= 1 + rng.int(255);
  if (damage === 'short' && size > 0) summed(frame, l4, 8 + rng.int(size), family);
  if (damage === 'long') summed(frame, l4, 8 + size + 1 + rng.int(20), family);
  if (damage === 'length 0') summed(frame, l4, rng.int(8), family);
  const whole = damage === 'padded' ? Buffer.concat([frame, rng.bytes(1 + rng.int(18))]) : frame;
  return {
    what: `${size} bytes to ${port}, ${damage}`,
    frame: damage === 'cut' ? whole.subarray(0, l4 + rng.int(8 + size)) : whole,
  };
}

/** Says another length, with the checksum that is right for that. */
function summed(frame: Uint8Array, l4: number, length: number, family: Family): void {
  const view = new DataView(frame.buffer, frame.byteOffset);
  view.setUint16(l4 + 4, length);
  view.setUint16(l4 + 6, 0);
  const addresses = family === 'IPv6' ? frame.subarray(22, 54) : frame.subarray(26, 34);
  const pseudo = new Uint8Array(addresses.length + 8);
  pseudo.set(addresses);
  new DataView(pseudo.buffer).setUint32(addresses.length, length);
  pseudo[addresses.length + 7] = 17;
  const covered = Buffer.concat([pseudo, frame.subarray(l4, l4 + length)]);
  view.setUint16(l4 + 6, internetChecksum(covered, 0, covered.length) || 0xffff);
}
