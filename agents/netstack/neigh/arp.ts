import { contains } from '../cidr.ts';
import { addressType } from '../fib/address-type.ts';
import { selectAddress } from '../fib/source-address.ts';
import { ARP_LENGTH, ARP_REPLY, ARP_REQUEST, type ArpMessage, parseArp, writeArp } from '../header/arp.ts';
import { writeEthernet } from '../header/ethernet.ts';
import { ipv4Source } from '../header/ipv4-header.ts';
import { ipConfOf } from '../ip/ip-conf.ts';
import { ANY_IPV4, type Ipv4, isLoopback, isMulticast } from '../ipv4.ts';
import type { Link } from '../link/link.ts';
import { BROADCAST_MAC, type Mac, ZERO_MAC } from '../mac.ts';
import type { Netns } from '../netns.ts';
import { PACKET_HOST, PACKET_OTHERHOST, Packet } from '../packet.ts';
import { ETH_ARP } from '../protocol-numbers.ts';
import { type Asked, decideAnswer, isAccepted, isGratuitous } from './arp-answer.ts';
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

/** The waiting packet's own source if it is the link's and arp_announce allows it, else another of the link's. */
function senderAddress(ns: Netns, link: Link, target: Ipv4, because: Packet | undefined): Ipv4 {
  const own = because && ipv4Source(because.bytes, because.l3);
  const level = ns.sysctl.perLink(link.name, 'arp_announce');
  if (own !== undefined && level < 2 && addressType(ns, own) === 'LOCAL') {
    const sameSubnet = link.addresses.some((mine) => contains(mine, target) && contains(mine, own));
    if (level === 0 || sameSubnet) return own;
  }
  return selectAddress(ns, link, target) ?? ANY_IPV4;
}

/** arp_rcv and arp_process, net/ipv4/arp.c. */
export function receiveArp(ns: Netns, packet: Packet): void {
  if (packet.type === PACKET_OTHERHOST) return ns.drop(packet, 'OTHERHOST');
  const link = packet.input!;
  if (link.noArp) return ns.drop(packet, 'ARP_INVALID');
  const message = parseArp(packet.bytes, packet.l3, packet.end);
  if (typeof message === 'string') return ns.drop(packet, message);
  if (isSenseless(ns, link, message)) return ns.drop(packet, 'ARP_INVALID');
  const asked = decideAnswer(ns, link, message);
  if (asked === 'proxied') return answerForOther(ns, link, packet, message);
  if (asked !== 'other' || message.senderAddress === ANY_IPV4) return answer(ns, link, message, asked);
  learnFrom(ns, link, packet, message);
}

function isSenseless(ns: Netns, link: Link, message: ArpMessage): boolean {
  const { operation, senderAddress, targetAddress } = message;
  if (operation !== ARP_REQUEST && operation !== ARP_REPLY) return true;
  if (isMulticast(targetAddress)) return true;
  if (isLoopback(targetAddress) && !ipConfOf(link).routeLocalnet) return true;
  return senderAddress === targetAddress && ns.sysctl.perLink(link.name, 'drop_gratuitous_arp') > 0;
}

/** Nobody is learnt from a probe for a double address: its sender has none yet (RFC 5227 §2.1.1). */
function answer(ns: Netns, link: Link, message: ArpMessage, asked: Asked): void {
  if (asked !== 'own') return;
  if (message.senderAddress === ANY_IPV4 || learnAsker(ns, link, message)) reply(link, message);
}

/** Whether there is room to remember who asks; nobody else is answered. */
const learnAsker = (ns: Netns, link: Link, { senderAddress, senderMac }: ArpMessage): boolean =>
  ns.neighbours.learn(
    link,
    senderAddress,
    { state: 'STALE', mac: senderMac, overrides: true },
    { create: true },
  ) !== undefined;

function answerForOther(ns: Netns, link: Link, packet: Packet, message: ArpMessage): void {
  learnAsker(ns, link, message);
  const delayMs = ns.neighbours.setting(link, 4, 'proxy_delay') * 10;
  if (packet.type === PACKET_HOST || delayMs === 0) return reply(link, message);
  ns.neighbours.delayed.add(link, delayMs, ns.neighbours.setting(link, 4, 'proxy_qlen'), () => {
    if (decideAnswer(ns, link, message) === 'proxied') reply(link, message);
  });
}

/** The second half of arp_process: what others say among themselves and to us. */
function learnFrom(ns: Netns, link: Link, packet: Packet, message: ArpMessage): void {
  const { senderAddress, senderMac } = message;
  const known = ns.neighbours.lookup(link, senderAddress);
  const gratuitous = isGratuitous(ns, message);
  const create = known === undefined && isAccepted(ns, link, message, gratuitous);
  if (known === undefined && !create) return;
  const lockMs = ns.neighbours.setting(link, 4, 'locktime') * 10;
  const isLocked = known !== undefined && ns.softirq.now - known.updatedAt <= lockMs;
  const isForUs = message.operation === ARP_REPLY && packet.type === PACKET_HOST;
  const told = {
    state: isForUs ? 'REACHABLE' : 'STALE',
    mac: senderMac,
    overrides: !isLocked || gratuitous,
  } as const;
  ns.neighbours.learn(link, senderAddress, told, { create });
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
