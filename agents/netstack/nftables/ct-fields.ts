import { stateOf } from '../conntrack/packet-state.ts';
import type { Tuple } from '../conntrack/tuple.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import type { Packet } from '../packet.ts';
import {
  CT_DIRECTION,
  CT_STATE,
  CT_STATUS,
  type DataType,
  INET_PROTO,
  INET_SERVICE,
  IPV4_ADDR,
  IPV6_ADDR,
  MARK,
  NF_PROTO,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
} from './data-type.ts';
import type { Field, Has, Read } from './field.ts';

const hasConnection: Has = (packet) => packet.connection !== undefined;

const ct = (text: string, type: DataType, read: Read, has: Has = hasConnection): Field => ({
  text: `ct ${text}`,
  type,
  perFlow: true,
  tracks: true,
  has,
  read: () => read,
});

type Direction = 'original' | 'reply';
const DIRECTIONS: readonly Direction[] = ['original', 'reply'];
const tupleOf = ({ connection }: Packet, direction: Direction): Tuple => connection![direction];

/** One direction's addresses and ports, whichever of them the packet goes. */
const ofDirection = (direction: Direction): readonly Field[] => [
  ...(['source', 'destination'] as const).flatMap((end) => addresses(direction, end)),
  ct(`${direction} proto-src`, INET_SERVICE, (packet) => tupleOf(packet, direction).sourcePort),
  ct(`${direction} proto-dst`, INET_SERVICE, (packet) => tupleOf(packet, direction).destinationPort),
];

function addresses(direction: Direction, end: 'source' | 'destination'): readonly Field[] {
  const name = end === 'source' ? 'saddr' : 'daddr';
  const addressOf = (packet: Packet): IpAddress => tupleOf(packet, direction)[end];
  const isOf =
    (six: boolean): Has =>
    (packet) =>
      packet.connection !== undefined && isIpv6(addressOf(packet)) === six;
  return [
    ct(`${direction} ip ${name}`, IPV4_ADDR, (packet) => Number(addressOf(packet)) | 0, isOf(false)),
    {
      ...ct(`${direction} ip6 ${name}`, IPV6_ADDR, () => 0, isOf(true)),
      readWide: (packet) => BigInt(addressOf(packet)),
    },
  ];
}

export const CT_MARK: Field = ct('mark', MARK, ({ connection }) => connection!.mark | 0);

/** What tracking knows of a packet and its connection (net/netfilter/nft_ct.c). */
export const CT_FIELDS: readonly Field[] = [
  { text: 'ct state', type: CT_STATE, perFlow: true, tracks: true, read: () => stateOf },
  ct('status', CT_STATUS, ({ connection }) => connection!.status),
  CT_MARK,
  ct('direction', CT_DIRECTION, ({ ctReply }) => (ctReply ? 1 : 0)),
  ct('protocol', INET_PROTO, ({ connection }) => connection!.protocol),
  ct('l3proto', NF_PROTO, ({ connection }) =>
    isIpv6(connection!.original.source) ? NFPROTO_IPV6 : NFPROTO_IPV4,
  ),
  ...DIRECTIONS.flatMap(ofDirection),
];
