import { formatIpv4, parseIpv4 } from '../ipv4.ts';
import { protocolName, protocolNumber } from '../protocol-numbers.ts';

/** What a field, a set's key or a map's data holds. Values are numbers, and strings for interface names. */
export interface DataType {
  readonly name: string;
  /** Undefined for a word that is none of the type. */
  parse(word: string): number | string | undefined;
  format(value: number | string): string;
  /** Values are bits, and a list of them means any of them. */
  readonly isFlags?: true;
}

export type Value = number | string;

const number = (word: string, max: number): number | undefined => {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(word)) return undefined;
  const value = Number(word);
  return value <= max ? value : undefined;
};

function symbols(name: string, names: Readonly<Record<string, number>>, flags?: true): DataType {
  const byValue = new Map(Object.entries(names).map(([word, value]) => [value, word]));
  return {
    name,
    parse: (word) => (Object.hasOwn(names, word) ? names[word] : number(word, 0xffffffff)),
    format: (value) => byValue.get(value as number) ?? String(value),
    ...(flags ? { isFlags: flags } : {}),
  };
}

const SERVICES: Readonly<Record<string, number>> = { ssh: 22, domain: 53, http: 80, https: 443 };

export const IPV4_ADDR: DataType = {
  name: 'ipv4_addr',
  parse: parseIpv4,
  format: (value) => formatIpv4(value as number),
};
export const INET_PROTO: DataType = {
  name: 'inet_proto',
  parse: (word) => number(word, 255) ?? protocolNumber(word),
  format: (value) => protocolName(value as number) ?? String(value),
};
export const INET_SERVICE: DataType = {
  name: 'inet_service',
  parse: (word) => number(word, 65_535) ?? SERVICES[word],
  format: String,
};
export const MARK: DataType = {
  name: 'mark',
  parse: (word) => number(word, 0xffffffff),
  format: (value) => `0x${(value as number).toString(16).padStart(8, '0')}`,
};
export const INTEGER: DataType = {
  name: 'integer',
  parse: (word) => number(word, 0xffffffff),
  format: String,
};
export const IFNAME: DataType = {
  name: 'ifname',
  parse: (word) => (word.length <= 15 ? word : undefined),
  format: (value) => `"${value}"`,
};
/** Bits of nf_conntrack_common.h, NF_CT_STATE_BIT. */
export const CT_STATE = symbols(
  'ct_state',
  { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 },
  true,
);
/** enum ip_conntrack_status. */
export const CT_STATUS = symbols(
  'ct_status',
  { expected: 1, 'seen-reply': 2, assured: 4, confirmed: 8, snat: 16, dnat: 32, dying: 512 },
  true,
);
export const CT_DIR = symbols('ct_dir', { original: 0, reply: 1 });
export const TCP_FLAG = symbols(
  'tcp_flag',
  { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 },
  true,
);
/** RTN_* of rtnetlink. */
export const FIB_ADDRTYPE = symbols('fib_addrtype', {
  unspec: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
});
export const ICMP_TYPE = symbols('icmp_type', {
  'echo-reply': 0,
  'destination-unreachable': 3,
  'source-quench': 4,
  redirect: 5,
  'echo-request': 8,
  'router-advertisement': 9,
  'router-solicitation': 10,
  'time-exceeded': 11,
  'parameter-problem': 12,
  'timestamp-request': 13,
  'timestamp-reply': 14,
});

const TYPES: ReadonlyMap<string, DataType> = new Map(
  [
    IPV4_ADDR,
    INET_PROTO,
    INET_SERVICE,
    MARK,
    INTEGER,
    IFNAME,
    CT_STATE,
    CT_STATUS,
    CT_DIR,
    TCP_FLAG,
    FIB_ADDRTYPE,
    ICMP_TYPE,
  ].map((type) => [type.name, type]),
);

/** The type that a set's declaration names. */
export function dataType(name: string): DataType | undefined {
  return TYPES.get(name);
}
