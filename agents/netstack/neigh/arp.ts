import { contains } from '../cidr.ts';
import { selectAddress } from '../fib/source-address.ts';
import { ARP_LENGTH, ARP_REPLY, ARP_REQUEST, type ArpMessage, parseArp, writeArp } from '../header/arp.ts';
import { writeEthernet } from '../header/ethernet.ts';
import { ipv4Source } from '../header/ipv4-header.ts';
import { ipConfOf } from '../ip/ip-conf.ts';
import { type Ipv4, isLoopback, isMulticast } from '../ipv4.ts';
import type { Link } from '../link/link.ts';
import { BROADCAST_MAC, type Mac, ZERO_MAC } from '../mac.ts';
import type { Netns } from '../netns.ts';
import { PACKET_HOST, PACKET_OTHERHOST, Packet } from '../packet.ts';
import { ETH_ARP } from '../protocol-numbers.ts';
import type { Neighbour } from './neighbour.ts';

/** Sends a message out of `link`; the frame's source is the link. */
export function sendArp(link: Link, destination: Mac, message: ArpMessage): void {
  const packet = Packet.allocate(ARP_LENGTH);
  writeArp(packet.bytes, packet.l3, message);
  packet.push(14);
  writeEthernet(packet.bytes, packet.start, destination, link.mac, ETH_ARP);
  link.transmit(packet);
}

/** Announces an address of ours (gratuitous ARP, RFC 5227 §3). */
export function announce(link: Link, address: Ipv4): void {
  sendArp(link, BROADCAST_MAC, {
    operation: ARP_REQUEST,
    senderMac: link.mac,
    senderAddress: address,
    targetMac: ZERO_MAC,
    targetAddress: address,
  });
}

/** Asks for a neighbour: by broadcast, or in PROBE at its last address (arp_solicit, net/ipv4/arp.c). */
export function solicit(ns: Netns, neighbour: Neighbour, because: Packet | undefined): void {
  const { link } = neighbour;
  const address = neighbour.address as Ipv4;
  const probing = neighbour.state === 'PROBE' && neighbour.mac !== undefined;
  sendArp(link, probing ? neighbour.mac! : BROADCAST_MAC, {
    operation: ARP_REQUEST,
    senderMac: link.mac,
    senderAddress: senderAddress(ns, link, address, because),
    targetMac: ZERO_MAC,
    targetAddress: address,
  });
}

/** The waiting packet's own source if it is ours and arp_announce allows it, else one of the link's. */
function senderAddress(ns: Netns, link: Link, target: Ipv4, because: Packet | undefined): Ipv4 {
  const own = because && ipv4Source(because.bytes, because.l3);
  const announceLevel = ns.sysctl.perLink(link.name, 'arp_announce');
  if (own !== undefined && announceLevel < 2 && ns.fib.lookupOwn(own)?.type === 'local') {
    const sameSubnet = link.addresses.some((mine) => contains(mine, target) && contains(mine, own));
    if (announceLevel === 0 || sameSubnet) return own;
  }
  return selectAddress(ns, link, target) ?? (0 as Ipv4);
}

/** arp_process, net/ipv4/arp.c. */
export function receiveArp(ns: Netns, packet: Packet): void {
  if (packet.type === PACKET_OTHERHOST) return ns.drop(packet, 'OTHERHOST');
  const message = parseArp(packet.bytes, packet.l3, packet.end);
  if (typeof message === 'string') return ns.drop(packet, message);
  const link = packet.input!;
  if (isMulticast(message.targetAddress) || isLoopback(message.targetAddress)) {
    return ns.drop(packet, 'ARP_INVALID');
  }
  if (message.operation === ARP_REQUEST && answers(ns, link, message)) {
    ns.neighbours.learn(link, message.senderAddress, message.senderMac, false, message.senderAddress !== 0);
    reply(link, message);
    return;
  }
  const solicited = message.operation === ARP_REPLY && packet.type === PACKET_HOST;
  ns.neighbours.learn(link, message.senderAddress, message.senderMac, solicited, false);
}

/** Whether we speak for the target: a local address, or a forwarded one with proxy_arp. */
function answers(
  ns: Netns,
  link: Link,
  { targetAddress: target, senderAddress: source }: ArpMessage,
): boolean {
  const route = ns.fib.lookup(target, { source, input: link });
  if (route?.type === 'local') {
    const onLink = link.addresses.some((mine) => mine.address === target);
    return onLink || ns.sysctl.perLink(link.name, 'arp_ignore') === 0;
  }
  const proxies = ns.sysctl.perLink(link.name, 'proxy_arp') > 0 && ipConfOf(link).forwarding;
  return proxies && route?.type === 'unicast' && route.link !== link;
}

function reply(link: Link, request: ArpMessage): void {
  sendArp(link, request.senderMac, {
    operation: ARP_REPLY,
    senderMac: link.mac,
    senderAddress: request.targetAddress,
    targetMac: request.senderMac,
    targetAddress: request.senderAddress,
  });
}
