import {
  STATE_ESTABLISHED,
  STATE_INVALID,
  STATE_NEW,
  STATE_RELATED,
  STATE_UNTRACKED,
} from '../conntrack/packet-state.ts';
import { formatIpv4, parseIpv4 } from '../ipv4.ts';
import { formatIpv6, parseIpv6 } from '../ipv6.ts';
import { internName, nameOfId } from '../name-ids.ts';
import { protocolName, protocolNumber } from '../protocol-numbers.ts';
import { portOfService } from '../service-names.ts';

/** An unsigned 32-bit number; an IPv6 address is a bigint. */
export type Value = number | bigint;

/** What the values of an expression, or of a set's key, are. */
export interface DataType {
  readonly name: string;
  /** As the kernel holds it: nft sorts by these bytes. */
  readonly bytes: number;
  readonly byteOrder: 'big' | 'host';
  /** Its values are bigints, of which a key takes four words. */
  readonly isWide?: true;
  /** Elements that nft prints in one line. */
  readonly perLine: number;
  /** A value is a set of flags; `a,b` means any of them. */
  readonly isFlags?: true;
  /** The largest value, if any number is one. */
  readonly max?: number;
  /** The order of listings, where it is not that of the numbers. */
  compare?(a: Value, b: Value): number;
  parse(text: string): Value | undefined;
  print(value: Value): string;
  /** As what something is compared with, if that is another text. */
  printValue?(value: Value): string;
}

export function parseNumber(text: string, max: number): number | undefined {
  if (!/^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}

/** With as many digits as a number of so many bytes may have. */
export const hexOf =
  (bytes: number) =>
  (value: Value): string =>
    `0x${value.toString(16).padStart(2 * bytes, '0')}`;
const hex = hexOf(4);

/** Of a type whose values are no bigints. */
const narrow = (value: Value): number => value as number;

/** Of two names for one value the first is printed. */
export function symbols(
  name: string,
  bytes: number,
  perLine: number,
  table: Readonly<Record<string, number>>,
  { bits = 8 * bytes, unknown = String as (value: Value) => string } = {},
): DataType {
  const max = 2 ** bits - 1;
  const texts = new Map(
    Object.entries(table)
      .toReversed()
      .map(([text, value]) => [value, text]),
  );
  return {
    name,
    bytes,
    byteOrder: 'host',
    perLine,
    max,
    parse: (text) => (Object.hasOwn(table, text) ? table[text] : parseNumber(text, max)),
    print: (value) => texts.get(narrow(value)) ?? unknown(value),
  };
}

export function flags(name: string, bytes: number, table: Readonly<Record<string, number>>): DataType {
  const base = symbols(name, bytes, 5, table);
  return {
    ...base,
    isFlags: true,
    print: (value) => {
      const set = Object.entries(table).filter(([, bit]) => (narrow(value) & bit) !== 0);
      const all = set.reduce((mask, [, bit]) => mask | bit, 0);
      return all === value && set.length > 0 ? set.map(([text]) => text).join(' | ') : hexOf(bytes)(value);
    },
  };
}

export const IPV4_ADDR: DataType = {
  name: 'ipv4_addr',
  bytes: 4,
  byteOrder: 'big',
  perLine: 2,
  parse: parseIpv4,
  print: (value) => formatIpv4(narrow(value)),
};

export const IPV6_ADDR: DataType = {
  name: 'ipv6_addr',
  bytes: 16,
  byteOrder: 'big',
  perLine: 1,
  isWide: true,
  parse: parseIpv6,
  print: (value) => formatIpv6(BigInt(value)),
};

export const INET_PROTO: DataType = {
  name: 'inet_proto',
  bytes: 1,
  byteOrder: 'big',
  perLine: 5,
  parse: (text) => protocolNumber(text) ?? parseNumber(text, 255),
  print: (value) => protocolName(narrow(value)) ?? String(value),
};

export const INET_SERVICE: DataType = {
  name: 'inet_service',
  bytes: 2,
  byteOrder: 'big',
  perLine: 5,
  parse: (text) => portOfService(text) ?? parseNumber(text, 0xffff),
  print: String,
};

export const MARK: DataType = {
  name: 'mark',
  bytes: 4,
  byteOrder: 'host',
  perLine: 5,
  parse: (text) => parseNumber(text, 0xffffffff),
  print: hex,
};

export const INTEGER: DataType = {
  name: 'integer',
  bytes: 4,
  byteOrder: 'host',
  perLine: 5,
  max: 0xffffffff,
  parse: (text) => parseNumber(text, 0xffffffff),
  print: String,
};

/** A number in a header. */
export function integerOf(bits: number): DataType {
  const max = 2 ** bits - 1;
  return {
    ...INTEGER,
    bytes: Math.ceil(bits / 8),
    byteOrder: 'big',
    max,
    parse: (text) => parseNumber(text, max),
  };
}

export const IFNAME: DataType = {
  name: 'ifname',
  bytes: 16,
  byteOrder: 'host',
  perLine: 1,
  parse: internName,
  print: (value) => `"${nameOfId(narrow(value))}"`,
  compare: (a, b) => compareBackwards(nameOfId(narrow(a)), nameOfId(narrow(b))),
};

/** An interface, or 0 for none. */
export const IFINDEX: DataType = {
  ...IFNAME,
  name: 'iface_index',
  bytes: 4,
  parse: (text) => (text === '0' ? 0 : internName(text)),
  print: (value) => (value === 0 ? '0' : IFNAME.print(value)),
};

/** As numbers whose last byte counts most. */
function compareBackwards(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return a.charCodeAt(i) - b.charCodeAt(i);
  return 0;
}

export const CT_STATE = flags('ct_state', 4, {
  invalid: STATE_INVALID,
  established: STATE_ESTABLISHED,
  related: STATE_RELATED,
  new: STATE_NEW,
  untracked: STATE_UNTRACKED,
});

export const CT_STATUS = flags('ct_status', 4, {
  expected: 1,
  'seen-reply': 2,
  assured: 4,
  confirmed: 8,
  snat: 16,
  dnat: 32,
  dying: 512,
});

export const CT_DIRECTION = symbols('ct_dir', 1, 5, { original: 0, reply: 1 });

/** What a look-up with a yes or no for an answer gives. */
export const BOOLEAN = symbols('boolean', 1, 5, { missing: 0, exists: 1 });

export const NFPROTO_IPV4 = 2;
export const NFPROTO_IPV6 = 10;
export const NF_PROTO = symbols('nf_proto', 1, 5, { ipv4: NFPROTO_IPV4, ipv6: NFPROTO_IPV6 });

/** enum rtn_type, include/uapi/linux/rtnetlink.h. */
export const RTN = {
  unspec: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
} as const;
export const FIB_ADDRTYPE = symbols('fib_addrtype', 4, 1, RTN);
