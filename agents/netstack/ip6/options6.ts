import { ipv6Destination } from '../header/ipv6-header.ts';
import { isMulticast6 } from '../ipv6.ts';

const OPTION_PAD1 = 0;
const OPTION_PADN = 1;
const OPTION_ROUTER_ALERT = 5;
/** net.ipv6.max_hbh_opts_number and max_dst_opts_number. */
const MAX_OPTIONS = 8;
/** More padding than alignment can want. */
const MOST_PADDING = 7;

/** Why a packet goes no further: silently, or with a report that points at a byte. */
export type OptionsFault = 'drop' | { readonly pointer: number };

/**
 * Reads a hop-by-hop or destination options header (RFC 8200 §4.2; ip6_parse_tlv, net/ipv6/exthdrs.c). `at` is where
 * it begins and `end` where the packet ends; pointers count from `l3`. Undefined if nothing is in the way.
 */
export function optionsFault(
  bytes: Uint8Array,
  l3: number,
  at: number,
  end: number,
  isHopByHop: boolean,
): OptionsFault | undefined {
  if (at + 8 > end) return 'drop';
  const last = at + ((bytes[at + 1]! + 1) << 3);
  if (last > end) return 'drop';
  let padding = 0;
  let options = 0;
  for (let offset = at + 2; offset < last; ) {
    const type = bytes[offset]!;
    const length = lengthOf(bytes, offset, last);
    if (length === undefined) return 'drop';
    if (type === OPTION_PAD1 || type === OPTION_PADN) {
      padding += length;
      if (padding > MOST_PADDING || !isBlank(bytes, offset + 2, offset + length)) return 'drop';
    } else {
      padding = 0;
      if (++options > MAX_OPTIONS) return 'drop';
      const isKnown = isHopByHop && type === OPTION_ROUTER_ALERT;
      if (isKnown && length !== 4) return 'drop';
      const fault = isKnown ? undefined : unknownOption(bytes, l3, offset);
      if (fault !== undefined) return fault;
    }
    offset += length;
  }
  return undefined;
}

/** Whether the options fit into each other: all that a bridge asks (nf_ip6_check_hbh_len, net/netfilter/utils.c). */
export function areOptionsWhole(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 8 > end) return false;
  const last = at + ((bytes[at + 1]! + 1) << 3);
  if (last > end) return false;
  for (let offset = at + 2; offset < last; ) {
    const length = lengthOf(bytes, offset, last);
    if (length === undefined) return false;
    offset += length;
  }
  return true;
}

function lengthOf(bytes: Uint8Array, offset: number, last: number): number | undefined {
  if (bytes[offset] === OPTION_PAD1) return 1;
  if (offset + 2 > last) return undefined;
  const length = bytes[offset + 1]! + 2;
  return offset + length > last ? undefined : length;
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** The two highest bits of its type say what to do with one that is not known. */
function unknownOption(bytes: Uint8Array, l3: number, offset: number): OptionsFault | undefined {
  switch (bytes[offset]! >> 6) {
    case 0:
      return undefined;
    case 1:
      return 'drop';
    case 2:
      return { pointer: offset - l3 };
    default:
      return isMulticast6(ipv6Destination(bytes, l3)) ? 'drop' : { pointer: offset - l3 };
  }
}
