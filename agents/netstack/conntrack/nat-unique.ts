import type { IpAddress } from '../ip-address.ts';
import { ANY_IPV4 } from '../ipv4.ts';
import type { Netns } from '../netns.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import type { Connection } from './connection.ts';
import type { Manip, NatRange } from './nat.ts';
import { hashTuple, invertTuple, newTuple, type Tuple } from './tuple.ts';

/** Ports tried before the tuple is left as it is, to clash at confirm (NF_NAT_MAX_ATTEMPTS). */
const MAX_ATTEMPTS = 128;

const candidateReply = newTuple();

/**
 * get_unique_tuple, net/netfilter/nf_nat_core.c: the tuple that `from` becomes inside `range` such that no other
 * connection's replies look the same. The source port is kept if it can be, unless the range is random.
 */
export function uniqueTuple(
  ns: Netns,
  from: Readonly<Tuple>,
  range: NatRange,
  connection: Connection,
  manip: Manip,
): Tuple {
  const tuple: Tuple = { ...from };
  setAddress(tuple, range, manip);
  const random = range.random === true || range.randomFully === true;
  const isFree = () => {
    invertTuple(tuple, candidateReply);
    return !ns.conntrack.isTaken(candidateReply, connection);
  };
  if (!random) {
    if (range.minPort === undefined) {
      if (isFree()) return tuple;
    } else {
      const port = portOf(tuple, manip);
      const inRange = port >= range.minPort && port <= (range.maxPort ?? range.minPort);
      if (inRange && (range.minPort === range.maxPort || isFree())) return tuple;
    }
  }
  choosePort(ns, tuple, range, manip, isFree);
  return tuple;
}

/** find_best_ips_proto: the same client gets the same address, with --persistent for every destination. */
function setAddress(tuple: Tuple, { minAddress, maxAddress, persistent }: NatRange, manip: Manip): void {
  if (minAddress === undefined) return;
  const key = {
    ...tuple,
    sourcePort: 0,
    destinationPort: 0,
    destination: persistent ? ANY_IPV4 : tuple.destination,
  };
  const address = addressIn(minAddress, maxAddress ?? minAddress, () => hashTuple(key));
  if (manip === 'src') tuple.source = address;
  else tuple.destination = address;
}

function addressIn(low: IpAddress, high: IpAddress, hash: () => number): IpAddress {
  if (low === high) return low;
  if (typeof low === 'bigint' && typeof high === 'bigint')
    return (low + (BigInt(hash()) % (high - low + 1n))) as IpAddress;
  return (Number(low) + (hash() % (Number(high) - Number(low) + 1))) as IpAddress;
}

const isIcmp = (protocol: number): boolean => protocol === PROTO_ICMP || protocol === PROTO_ICMPV6;

const portOf = (tuple: Tuple, manip: Manip): number =>
  manip === 'src' ? tuple.sourcePort : tuple.destinationPort;

/** nf_nat_l4proto_unique_tuple: a port of the range, or of the old one's class, from a random one on. */
function choosePort(ns: Netns, tuple: Tuple, range: NatRange, manip: Manip, isFree: () => boolean): void {
  const { protocol } = tuple;
  const hasPorts = protocol === PROTO_TCP || protocol === PROTO_UDP || protocol === PROTO_SCTP;
  if (!hasPorts && !(isIcmp(protocol) && manip === 'src')) return;
  if (manip === 'dst' && range.minPort === undefined) return;
  const [low, high] = portBounds(tuple, range, manip);
  const size = high - low + 1;
  const start = ns.rng.int(size);
  for (let i = 0; i < Math.min(size, MAX_ATTEMPTS); i++) {
    const port = low + ((start + i) % size);
    if (manip === 'src') tuple.sourcePort = port;
    else tuple.destinationPort = port;
    if (isFree()) return;
  }
}

function portBounds(tuple: Tuple, range: NatRange, manip: Manip): [number, number] {
  if (range.minPort !== undefined) return [range.minPort, range.maxPort ?? range.minPort];
  if (isIcmp(tuple.protocol)) return [0, 0xffff];
  const port = portOf(tuple, manip);
  if (port < 512) return [1, 511];
  return port < 1024 ? [600, 1023] : [1024, 0xffff];
}
