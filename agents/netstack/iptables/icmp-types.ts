import { RuleError } from './option-reader.ts';

/** Of ICMP: a type as a whole, or one code of it. */
export const ICMP_NAMES: Readonly<Record<string, readonly [type: number, code?: number]>> = {
  any: [255],
  'echo-reply': [0],
  pong: [0],
  'destination-unreachable': [3],
  'network-unreachable': [3, 0],
  'host-unreachable': [3, 1],
  'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3],
  'fragmentation-needed': [3, 4],
  'source-route-failed': [3, 5],
  'network-unknown': [3, 6],
  'host-unknown': [3, 7],
  'network-prohibited': [3, 9],
  'host-prohibited': [3, 10],
  'TOS-network-unreachable': [3, 11],
  'TOS-host-unreachable': [3, 12],
  'communication-prohibited': [3, 13],
  'host-precedence-violation': [3, 14],
  'precedence-cutoff': [3, 15],
  'source-quench': [4],
  redirect: [5],
  'network-redirect': [5, 0],
  'host-redirect': [5, 1],
  'TOS-network-redirect': [5, 2],
  'TOS-host-redirect': [5, 3],
  'echo-request': [8],
  ping: [8],
  'router-advertisement': [9],
  'router-solicitation': [10],
  'time-exceeded': [11],
  'ttl-exceeded': [11],
  'ttl-zero-during-transit': [11, 0],
  'ttl-zero-during-reassembly': [11, 1],
  'parameter-problem': [12],
  'ip-header-bad': [12, 0],
  'required-option-missing': [12, 1],
  'timestamp-request': [13],
  'timestamp-reply': [14],
  'address-mask-request': [17],
  'address-mask-reply': [18],
};

/** ip6tables' names. */
const NAMES_6: Readonly<Record<string, readonly [type: number, code?: number]>> = {
  'destination-unreachable': [1],
  'no-route': [1, 0],
  'communication-prohibited': [1, 1],
  'beyond-scope': [1, 2],
  'address-unreachable': [1, 3],
  'port-unreachable': [1, 4],
  'failed-policy': [1, 5],
  'reject-route': [1, 6],
  'packet-too-big': [2],
  'time-exceeded': [3],
  'ttl-exceeded': [3],
  'ttl-zero-during-transit': [3, 0],
  'ttl-zero-during-reassembly': [3, 1],
  'parameter-problem': [4],
  'bad-header': [4, 0],
  'unknown-header-type': [4, 1],
  'unknown-option': [4, 2],
  'echo-request': [128],
  ping: [128],
  'echo-reply': [129],
  pong: [129],
  'router-solicitation': [133],
  'router-advertisement': [134],
  'neighbour-solicitation': [135],
  'neighbor-solicitation': [135],
  'neighbour-advertisement': [136],
  'neighbor-advertisement': [136],
  redirect: [137],
};

export const parseIcmpType = (text: string): IcmpType => parseType(text, ICMP_NAMES);
export const parseIcmp6Type = (text: string): IcmpType => parseType(text, NAMES_6);

interface IcmpType {
  readonly type: number;
  readonly code?: number;
}

function parseType(text: string, names: typeof ICMP_NAMES): IcmpType {
  const named = Object.hasOwn(names, text) ? names[text] : undefined;
  if (named) return named[1] === undefined ? { type: named[0] } : { type: named[0], code: named[1] };
  const match = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(text);
  if (!match || Number(match[1]) > 255) throw new RuleError(`Invalid ICMP type \`${text}'`);
  if (Number(match[2] ?? 0) > 255) throw new RuleError(`Unknown ICMP code \`${text}'`);
  return match[2] === undefined
    ? { type: Number(match[1]) }
    : { type: Number(match[1]), code: Number(match[2]) };
}
