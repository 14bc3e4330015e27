import { selectAddress } from '../fib/source-address.ts';
import { ipDestination, transportOf } from '../header/ip-header.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import { selectAddress6 } from '../ip6/source-address6.ts';
import { type Ipv4, LOOPBACK_IPV4 } from '../ipv4.ts';
import { isCompatible, LOOPBACK_IPV6, narrowScope } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import { type HookPoint, INPUT, NF_ACCEPT, NF_DROP, POSTROUTING, type Verdict } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import { CT_NEW, CT_RELATED, type Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6 } from '../protocol-numbers.ts';
import {
  type Connection,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_DST_NAT_DONE,
  IPS_NAT_MASK,
  IPS_SRC_NAT,
  IPS_SRC_NAT_DONE,
} from './connection.ts';
import { translateError, translatePacket } from './nat-translate.ts';
import { uniqueTuple } from './nat-unique.ts';
import { invertTuple, newTuple, sameTuple } from './tuple.ts';

export type Manip = 'src' | 'dst';

/** Where a NAT target may map to; absent parts stay as they are. */
export interface NatRange {
  readonly minAddress?: IpAddress;
  readonly maxAddress?: IpAddress;
  readonly minPort?: number;
  readonly maxPort?: number;
  readonly random?: boolean;
  readonly randomFully?: boolean;
  readonly persistent?: boolean;
}

export const manipOf = (point: HookPoint): Manip =>
  point === POSTROUTING || point === INPUT ? 'src' : 'dst';

const current = newTuple();

/** nf_nat_setup_info: decides, once for each manip, what the connection's replies will look like. */
export function setupNat(ns: Netns, connection: Connection, range: NatRange, manip: Manip): Verdict {
  if ((connection.status & IPS_CONFIRMED) !== 0) return NF_ACCEPT;
  invertTuple(connection.reply, current);
  const chosen = uniqueTuple(ns, current, range, connection, manip);
  if (!sameTuple(chosen, current)) {
    invertTuple(chosen, connection.reply);
    connection.status |= manip === 'src' ? IPS_SRC_NAT : IPS_DST_NAT;
  }
  connection.status |= doneBit(manip);
  return NF_ACCEPT;
}

/** Set once it is decided what becomes of a connection's address. */
export const doneBit = (manip: Manip): number => (manip === 'src' ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE);

/**
 * The nat table's function at a hook (nf_nat_inet_fn): a new connection goes through the rules once per manip,
 * then every packet is translated as decided. `runRules` is the chain.
 */
export function natHook(
  ns: Netns,
  point: HookPoint,
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
  runRules: (packet: Packet, input: Link | undefined, output: Link | undefined) => Verdict,
): Verdict {
  const { connection } = packet;
  if (connection === undefined) return NF_ACCEPT;
  const manip = manipOf(point);
  if (packet.ctInfo === CT_RELATED && isIcmp(packet)) {
    if (isTranslated(connection, manip, packet.ctReply)) translateError(packet, connection, manip);
    return NF_ACCEPT;
  }
  if (packet.ctInfo === CT_NEW && (connection.status & doneBit(manip)) === 0) {
    const verdict = runRules(packet, input, output);
    if (verdict !== NF_ACCEPT) return verdict;
    if ((connection.status & doneBit(manip)) === 0)
      setupNat(ns, connection, nullRange(connection, manip), manip);
  } else if (leavesElsewhere(connection, point, packet, output)) {
    ns.conntrack.delete(connection);
    ns.drop(packet, 'NAT_DEVICE_CHANGED');
    return NF_DROP;
  }
  if (isTranslated(connection, manip, packet.ctReply)) translatePacket(packet, connection, manip);
  return NF_ACCEPT;
}

function isIcmp(packet: Packet): boolean {
  const protocol = transportOf(packet);
  return protocol === PROTO_ICMP || protocol === PROTO_ICMPV6;
}

/** A reply undoes at each hook what the original direction had done at the opposite one. */
function isTranslated(connection: Connection, manip: Manip, isReply: boolean): boolean {
  const bit = manip === 'src' ? IPS_SRC_NAT : IPS_DST_NAT;
  return (connection.status & (isReply ? bit ^ IPS_NAT_MASK : bit)) !== 0;
}

/** nf_nat_oif_changed: a masquerade is to the address of one device, and ends when packets take another. */
function leavesElsewhere(
  { masqueradeLink }: Connection,
  point: HookPoint,
  { ctReply }: Packet,
  output: Link | undefined,
): boolean {
  return masqueradeLink !== 0 && point === POSTROUTING && !ctReply && masqueradeLink !== output?.ifindex;
}

/** nf_nat_alloc_null_binding: keep the address, but a clash still moves the source port. */
function nullRange(connection: Connection, manip: Manip): NatRange {
  const address = manip === 'src' ? connection.reply.destination : connection.reply.source;
  return { minAddress: address, maxAddress: address };
}

/** MASQUERADE: the source becomes the outgoing device's address towards the next hop (nf_nat_masquerade.c). */
export function masquerade(ns: Netns, packet: Packet, output: Link, range: NatRange): Verdict {
  const { connection } = packet;
  if (!connection) return NF_ACCEPT;
  const source = masqueradeAddress(ns, packet, output);
  if (source === undefined) {
    ns.drop(packet, 'NETFILTER_DROP');
    return NF_DROP;
  }
  connection.masqueradeLink = output.ifindex;
  return setupNat(ns, connection, { ...range, minAddress: source, maxAddress: source }, 'src');
}

/** IPv6 looks at the destination, IPv4 at the next hop. */
function masqueradeAddress(ns: Netns, packet: Packet, output: Link): IpAddress | undefined {
  const destination = ipDestination(packet.bytes, packet.l3);
  if (isIpv6(destination)) return selectAddress6(ns, output, destination);
  return selectAddress(ns, output, (packet.route?.gateway ?? destination) as Ipv4);
}

/** REDIRECT: the destination becomes the first address of the device that the packet came in by (nf_nat_redirect.c). */
export function redirect(
  ns: Netns,
  connection: Connection,
  input: Link | undefined,
  range: NatRange,
): Verdict {
  const address = redirectAddress(connection.original.destination, input);
  if (address === undefined) return NF_DROP;
  return setupNat(ns, connection, { ...range, minAddress: address, maxAddress: address }, 'dst');
}

function redirectAddress(destination: IpAddress, input: Link | undefined): IpAddress | undefined {
  if (!isIpv6(destination)) return input === undefined ? LOOPBACK_IPV4 : input.addresses[0]?.address;
  if (input === undefined) return LOOPBACK_IPV6;
  // Of the scope that this form is taken for, no device has an address.
  if (isCompatible(destination)) return undefined;
  const scope = narrowScope(destination);
  return input.addresses6.find(({ address }) => scope === 0 || narrowScope(address) === scope)?.address;
}
