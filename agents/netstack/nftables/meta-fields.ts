import { isVersion6 } from '../header/ip-header.ts';
import { protocolOf } from '../ip/later-fragment.ts';
import { idOfName } from '../name-ids.ts';
import { ETH_IPV4, ETH_IPV6 } from '../protocol-numbers.ts';
import {
  type DataType,
  IFINDEX,
  IFNAME,
  INET_PROTO,
  INTEGER,
  MARK,
  NF_PROTO,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
} from './data-type.ts';
import type { Field, Read, ReadDevice } from './field.ts';
import { ETHER_TYPE, PKT_TYPE } from './header-types.ts';

const meta = (text: string, type: DataType, read: Read): Field => ({
  text,
  type,
  perFlow: true,
  read: () => read,
});

const inputOf: ReadDevice = (_packet, input) => input;
const outputOf: ReadDevice = (_packet, _input, output) => output;
const device = (text: string, type: DataType, find: ReadDevice): Field => ({
  ...meta(text, type, (packet, input, output) => idOfName(find(packet, input, output)?.name)),
  device: () => find,
});

export const META_MARK: Field = meta('meta mark', MARK, ({ mark }) => mark | 0);

/** What is known of a packet besides its bytes (net/netfilter/nft_meta.c). */
export const META_FIELDS: readonly Field[] = [
  META_MARK,
  {
    ...meta('meta l4proto', INET_PROTO, (packet) => protocolOf(packet)!),
    has: (packet) => protocolOf(packet) !== undefined,
  },
  meta('meta nfproto', NF_PROTO, ({ bytes, l3 }) => (isVersion6(bytes, l3) ? NFPROTO_IPV6 : NFPROTO_IPV4)),
  meta('meta protocol', ETHER_TYPE, ({ bytes, l3 }) => (isVersion6(bytes, l3) ? ETH_IPV6 : ETH_IPV4)),
  meta('meta pkttype', PKT_TYPE, ({ type }) => type),
  { ...meta('meta length', INTEGER, ({ l3, end }) => end - l3), perFlow: false },
  device('iifname', IFNAME, inputOf),
  device('oifname', IFNAME, outputOf),
  device('iif', IFINDEX, inputOf),
  device('oif', IFINDEX, outputOf),
];
