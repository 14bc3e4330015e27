import type { Link } from '../link/link.ts';
import type { Packet } from '../packet.ts';

/** Where a packet is (skb->dev): one that a bridge passes on is at the port that it leaves by. */
export function packetDevice(
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
): Link | undefined {
  return packet.bridged?.physicalOutput ?? input ?? output;
}
