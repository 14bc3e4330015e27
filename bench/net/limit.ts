import { putU16, putU32, u16, u32 } from '../../agents/netstack/bytes.ts';
import type { Packet } from '../../agents/netstack/packet.ts';
import { cpuTime } from '../cpu-time.ts';
import { datagram, RepeatedPacket } from './frames.ts';
import { PEER, POD, serviceAddress } from './node-rig.ts';

const SLOTS = 1 << 16;
const BATCH = 1024;
const SERVICE = { address: serviceAddress(0), port: 80 };

/**
 * What no forwarder can do without: a frame's five-tuple read, looked up in typed arrays, its destination
 * rewritten and both checksums mended. Packets per second of computing.
 */
export function rewriteLimit(seconds: number): number {
  const sources = new Uint32Array(SLOTS);
  const destinations = new Uint32Array(SLOTS);
  const repeated = Array.from({ length: BATCH }, () => new RepeatedPacket(datagram(SERVICE)));
  const known = slotOf(repeated[0]!.packet);
  sources[known] = POD;
  destinations[known] = SERVICE.address;
  const forward = ({ bytes, start }: Packet): boolean => {
    const l3 = start + 14;
    const slot = slotOf({ bytes, start });
    const destination = u32(bytes, l3 + 16);
    if (sources[slot] !== u32(bytes, l3 + 12) || destinations[slot] !== destination) return false;
    putU32(bytes, l3 + 16, PEER);
    const delta =
      (~destination & 0xffff) + (~(destination >>> 16) & 0xffff) + (PEER >>> 16) + (PEER & 0xffff);
    mend(bytes, l3 + 10, delta);
    mend(bytes, l3 + 26, delta);
    return true;
  };
  let elapsed = 0;
  let count = 0;
  while (elapsed < seconds * 1000) {
    for (const packet of repeated) packet.reset();
    const begin = cpuTime();
    for (const { packet } of repeated) if (forward(packet)) count++;
    elapsed += cpuTime() - begin;
  }
  return count / (elapsed / 1000);
}

function slotOf({ bytes, start }: Pick<Packet, 'bytes' | 'start'>): number {
  const l3 = start + 14;
  const mixed = Math.imul(u32(bytes, l3 + 12), 0x9e3779b1) ^ u32(bytes, l3 + 16);
  return (mixed ^ u32(bytes, l3 + 20)) & (SLOTS - 1);
}

function mend(bytes: Uint8Array, at: number, delta: number): void {
  const sum = (~u16(bytes, at) & 0xffff) + delta;
  putU16(bytes, at, ~((sum & 0xffff) + (sum >>> 16)));
}
