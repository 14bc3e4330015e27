import { u16 } from '../bytes.ts';
import type { Route } from '../fib/route.ts';
import { NEXT_HOP_BY_HOP } from '../header/extension-headers.ts';
import { ipDestination, isVersion6 } from '../header/ip-header.ts';
import {
  checkIpv4,
  ipv4Destination,
  ipv4HeaderLength,
  ipv4Source,
  ipv4TotalLength,
} from '../header/ipv4-header.ts';
import { IPV6_HEADER, ipv6Destination, ipv6Source } from '../header/ipv6-header.ts';
import { decideInput, type NoInputRoute } from '../ip/route-input.ts';
import type { IpAddress } from '../ip-address.ts';
import { areOptionsWhole } from '../ip6/options6.ts';
import { decideInput6 } from '../ip6/route-input6.ts';
import { readMac, writeMac } from '../mac.ts';
import { FORWARD, type Hooks, NF_ACCEPT, POSTROUTING, PREROUTING } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import { PACKET_HOST, PACKET_OTHERHOST, type Packet } from '../packet.ts';
import { ETH_IPV6 } from '../protocol-numbers.ts';
import type { Bridge, BridgePort } from './bridge.ts';

/**
 * Bridged IP frames in the IP hooks (net/bridge/br_netfilter_hooks.c, br_netfilter_ipv6.c). The hooks see the bridge as input and
 * output device; the ports are what physdev matches. If the packet is the node's own or to be routed, IP shows it to
 * PREROUTING no second time (ip_sabotage_in).
 */
export function bridgePreRoutingHook(bridge: Bridge, port: BridgePort, packet: Packet): void {
  if (!admit(bridge, packet)) return;
  const wasOtherHost = packet.type === PACKET_OTHERHOST;
  if (wasOtherHost) packet.type = PACKET_HOST;
  packet.bridged = {
    physicalInput: port.link,
    physicalOutput: undefined,
    wasOtherHost,
    metPrerouting: false,
    redirected: undefined,
  };
  const before = ipDestination(packet.bytes, packet.l3);
  packet.input = bridge;
  if (hooksOf(bridge, packet).run(PREROUTING, packet, bridge, undefined) !== NF_ACCEPT) return;
  packet.bridged.metPrerouting = true;
  if (wasOtherHost) packet.type = PACKET_OTHERHOST;
  if (ipDestination(packet.bytes, packet.l3) === before) return bridge.handleFrameFinish(port, packet);
  redirected(bridge, port, packet);
}

function hooksOf({ ns }: Bridge, { bytes, l3 }: Packet): Hooks {
  return isVersion6(bytes, l3) ? ns.hooks6 : ns.hooks;
}

/** Where a frame says what it carries. */
const ETHERTYPE = 12;

/** Whether the packet has a header that IP, of the version that the frame names, would take; then its layers are found. */
function admit({ ns }: Bridge, packet: Packet): boolean {
  if (u16(packet.bytes, packet.start + ETHERTYPE) === ETH_IPV6) return admit6(ns, packet);
  const fault = checkIpv4(packet.bytes, packet.l3, packet.end, packet.checksumsGood);
  if (fault) {
    ns.drop(packet, fault);
    return false;
  }
  packet.end = packet.l3 + ipv4TotalLength(packet.bytes, packet.l3);
  packet.l4 = packet.l3 + ipv4HeaderLength(packet.bytes, packet.l3);
  return true;
}

/** br_validate_ipv6: addresses are not the bridge's business, nor what options mean. */
function admit6(ns: Netns, packet: Packet): boolean {
  if (!ns.ip6.admit(packet)) return false;
  const { bytes, l3, end } = packet;
  if (bytes[l3 + 6] !== NEXT_HOP_BY_HOP || areOptionsWhole(bytes, l3 + IPV6_HEADER, end)) return true;
  ns.drop(packet, 'IP_INHDR');
  return false;
}

/**
 * br_nf_pre_routing_finish for a changed destination: if it is behind this bridge, the frame stays a bridged one
 * with a new destination MAC; else it is the bridge's own to route. What may not be routed ends here.
 */
function redirected(bridge: Bridge, port: BridgePort, packet: Packet): void {
  const { ns } = bridge;
  const route = routeFrom(bridge, packet);
  if ('reason' in route) {
    if (isVersion6(packet.bytes, packet.l3) || isMartian(route)) return ns.drop(packet, route.reason);
  } else {
    if (route.type === 'unicast' && route.link === bridge) return bridgeTowards(bridge, port, packet, route);
    packet.route = route;
  }
  writeMac(packet.bytes, packet.start, bridge.mac);
  packet.type = PACKET_HOST;
  bridge.handleFrameFinish(port, packet);
}

function routeFrom(bridge: Bridge, packet: Packet): Route | NoInputRoute {
  const { ns } = bridge;
  const { bytes, l3, mark } = packet;
  const route = isVersion6(bytes, l3)
    ? decideInput6(ns, bridge, ipv6Source(bytes, l3), ipv6Destination(bytes, l3), mark)
    : decideInput(ns, bridge, ipv4Source(bytes, l3), ipv4Destination(bytes, l3), mark);
  return 'reason' in route ? route : ns.paths.forReceived(route, packet);
}

function bridgeTowards(bridge: Bridge, port: BridgePort, packet: Packet, { gateway }: Route): void {
  const nextHop = gateway ?? ipDestination(packet.bytes, packet.l3);
  const neighbour = bridge.ns.neighbours.resolved(bridge, nextHop);
  if (neighbour === undefined) return resolveThenBridge(bridge, packet, nextHop);
  packet.recording?.neighbour(neighbour);
  writeMac(packet.bytes, packet.start, neighbour.mac!);
  bridge.handleFrameFinish(port, packet);
}

/** What IPv4 drops as it looks for a route; what has none is refused later, by IP itself. */
function isMartian({ reason, code }: NoInputRoute): boolean {
  return code === undefined && reason !== 'IP_FORWARDING_OFF';
}

/** The neighbour is not known yet: the packet waits for it as if the bridge itself sent it. */
function resolveThenBridge(bridge: Bridge, packet: Packet, nextHop: IpAddress): void {
  packet.bridged!.redirected = { source: readMac(packet.bytes, packet.start + 6) };
  bridge.ns.neighbours.output(bridge, nextHop, packet);
}

/**
 * Whether a frame that the bridge is about to send is one that has waited so: it goes on from its port, from whom
 * it came (br_nf_pre_routing_finish_bridge_slow).
 */
export function resumeRedirected(bridge: Bridge, packet: Packet): boolean {
  const redirected = packet.bridged?.redirected;
  const port = redirected && bridge.port(packet.bridged!.physicalInput);
  if (!port) return false;
  packet.bridged!.redirected = undefined;
  writeMac(packet.bytes, packet.start + 6, redirected!.source);
  bridge.handleFrameFinish(port, packet);
  return true;
}

/** br_nf_forward_ip; false if the packet ended there. */
export function bridgeForwardHook(bridge: Bridge, to: BridgePort, packet: Packet): boolean {
  const bridged = packet.bridged!;
  if (bridged.physicalOutput !== undefined) return true;
  bridged.physicalOutput = to.link;
  if (packet.type === PACKET_OTHERHOST) packet.type = PACKET_HOST;
  return hooksOf(bridge, packet).run(FORWARD, packet, bridge, bridge) === NF_ACCEPT;
}

/** br_nf_post_routing; false if the packet ended there. */
export function bridgePostRoutingHook(bridge: Bridge, packet: Packet): boolean {
  return hooksOf(bridge, packet).run(POSTROUTING, packet, bridge, bridge) === NF_ACCEPT;
}
