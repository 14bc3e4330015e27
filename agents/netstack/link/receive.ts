import { u16 } from '../bytes.ts';
import { ETHERNET_HEADER } from '../header/ethernet.ts';
import { BROADCAST_MAC, readMac } from '../mac.ts';
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, type Packet } from '../packet.ts';
import { ETH_ARP, ETH_IPV4, ETH_IPV6 } from '../protocol-numbers.ts';
import type { Link } from './link.ts';

/** A frame arrives at a device (__netif_receive_skb_core, net/core/dev.c): taps, then the bridge, then by type. */
export function receiveFrame(link: Link, packet: Packet): void {
  const { ns } = link;
  if (!link.up || link.deleted) {
    link.stats.rxDropped++;
    return ns.drop(packet, 'DEV_READY');
  }
  if (packet.end - packet.start < ETHERNET_HEADER) {
    link.stats.rxDropped++;
    return ns.drop(packet, 'PKT_TOO_SMALL');
  }
  if (ns.flows.forward(link, packet)) return;
  packet.type = classify(link, packet);
  if (link.rxHandler === undefined) return deliverUp(link, packet);
  account(link, packet);
  link.rxHandler(packet);
}

/** Hands a frame to the protocols of `link`'s namespace as if it had come in there. */
export function deliverUp(link: Link, packet: Packet): void {
  account(link, packet);
  toProtocols(link, packet);
}

/** As `deliverUp`, for a frame that `link` has counted. */
export function toProtocols(link: Link, packet: Packet): void {
  const type = u16(packet.bytes, packet.start + 12);
  if (type === ETH_IPV4) return link.ns.ip.receive(packet);
  if (type === ETH_IPV6) return link.ns.ip6.receive(packet);
  if (type === ETH_ARP) return link.ns.neighbours.receiveArp(packet);
  link.ns.drop(packet, 'UNHANDLED_PROTO');
}

/** Counts a frame that came in by `link` and shows it to its taps. */
export function account(link: Link, packet: Packet): void {
  packet.recording?.received(link);
  link.stats.rxPackets++;
  link.stats.rxBytes += packet.end - packet.start;
  link.tapIn(packet);
  packet.input = link;
  packet.l3 = packet.start + ETHERNET_HEADER;
  packet.trace?.({ kind: 'receive', ns: link.ns.name, link: link.name }, packet);
}

/** eth_type_trans, net/ethernet/eth.c. */
function classify(link: Link, packet: Packet): number {
  const destination = readMac(packet.bytes, packet.start);
  if (destination === link.mac) return PACKET_HOST;
  if ((packet.bytes[packet.start]! & 1) === 0) return PACKET_OTHERHOST;
  return destination === BROADCAST_MAC ? PACKET_BROADCAST : PACKET_MULTICAST;
}
