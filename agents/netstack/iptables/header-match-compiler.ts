import { u16 } from '../bytes.ts';
import { ipDestination, ipSource, isVersion6 } from '../header/ip-header.ts';
import type { IpAddress } from '../ip-address.ts';
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, type Packet } from '../packet.ts';
import type { AddressRange, HeaderMatch, HopsComparison, PacketTypeName } from './header-match.ts';

type Holds = (packet: Packet) => boolean;

/** What a match asks of a packet. */
export function compileHeaderMatch(match: HeaderMatch): Holds {
  switch (match.kind) {
    case 'length': {
      const { low, high, invert } = match;
      return ({ l3, end }) => (end - l3 >= low && end - l3 <= high) !== invert;
    }
    case 'ttl':
    case 'hl': {
      const { value, invert } = match;
      const compare = COMPARISONS[match.comparison];
      return (packet) => compare(hopsOf(packet), value) !== invert;
    }
    case 'dscp': {
      const { value, invert } = match;
      return (packet) => (trafficClassOf(packet) >>> 2 === value) !== invert;
    }
    case 'tos': {
      const { value, mask, invert } = match;
      return (packet) => ((trafficClassOf(packet) & mask) === value) !== invert;
    }
    case 'iprange':
      return compileRanges(match);
    case 'pkttype': {
      const type = TYPES[match.type];
      return (packet) => (packet.type === type) !== match.invert;
    }
  }
}

const COMPARISONS: Readonly<Record<HopsComparison, (hops: number, value: number) => boolean>> = {
  eq: (hops, value) => hops === value,
  lt: (hops, value) => hops < value,
  gt: (hops, value) => hops > value,
};

const TYPES: Readonly<Record<PacketTypeName, number>> = {
  unicast: PACKET_HOST,
  broadcast: PACKET_BROADCAST,
  multicast: PACKET_MULTICAST,
};

function hopsOf({ bytes, l3 }: Packet): number {
  return bytes[isVersion6(bytes, l3) ? l3 + 7 : l3 + 8]!;
}

/** ipv4_get_dsfield, ipv6_get_dsfield (include/net/dsfield.h). */
function trafficClassOf({ bytes, l3 }: Packet): number {
  return isVersion6(bytes, l3) ? (u16(bytes, l3) >>> 4) & 0xff : bytes[l3 + 1]!;
}

/** iprange_mt4, iprange_mt6 (net/netfilter/xt_iprange.c). */
function compileRanges({ source, destination }: Extract<HeaderMatch, { kind: 'iprange' }>): Holds {
  return ({ bytes, l3 }) =>
    (source === undefined || isIn(ipSource(bytes, l3), source)) &&
    (destination === undefined || isIn(ipDestination(bytes, l3), destination));
}

function isIn(address: IpAddress, { low, high, invert }: AddressRange): boolean {
  return (address >= low && address <= high) !== invert;
}
