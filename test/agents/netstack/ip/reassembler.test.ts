import { expect, it } from 'vitest';
import { writeIpv4Header } from '../../../../agents/netstack/header/ipv4-header.ts';
import { IPV4_FRAGMENTS } from '../../../../agents/netstack/ip/ipv4-fragments.ts';
import { Reassembler } from '../../../../agents/netstack/ip/reassembler.ts';
import { ipv4 } from '../../../../agents/netstack/ipv4.ts';
import { Netns } from '../../../../agents/netstack/netns.ts';
import { Packet } from '../../../../agents/netstack/packet.ts';
import { seededRng } from '../../../../platform/rng.ts';
import { VirtualClock } from '../../../../platform/virtual-clock.ts';

/** A piece of 8 bytes at `offset`; more follow, or it is the last. */
function piece(offset: number, more: boolean): Packet {
  const packet = Packet.allocate(28);
  packet.l3 = packet.start;
  packet.l4 = packet.start + 20;
  writeIpv4Header(packet.bytes, packet.l3, {
    source: ipv4('10.0.0.2'),
    destination: ipv4('10.0.0.1'),
    protocol: 17,
    totalLength: 28,
    tos: 0,
    ttl: 64,
    id: 7,
    fragment: (offset >> 3) | (more ? 0x2000 : 0),
  });
  return packet;
}

it.each([
  ['in order', [piece(0, true), piece(8, true), piece(16, false)], 44],
  ['the last first', [piece(16, false), piece(0, true), piece(8, true)], 44],
  ['with an end before one that came', [piece(0, true), piece(16, true), piece(8, false)], undefined],
  ['with two ends', [piece(0, true), piece(16, false), piece(8, false)], undefined],
  ['with something behind the end', [piece(0, true), piece(8, false), piece(16, true)], 36],
])('pieces %s', (_what, pieces, length) => {
  const ns = new Netns({ name: 'node', clock: new VirtualClock(), rng: seededRng(1) });
  const reassembler = new Reassembler(ns, IPV4_FRAGMENTS);
  const whole = pieces.map((each) => reassembler.add(each)).find((each) => each !== undefined);
  expect(whole && whole.end - whole.l3).toBe(length);
  reassembler.close();
});
