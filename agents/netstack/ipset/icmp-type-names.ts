import { ICMP_NAMES } from '../iptables/icmp-types.ts';
import { PROTO_ICMP } from '../protocol-numbers.ts';
import { IpSetError } from './ipset-error.ts';

type Names = Readonly<Record<string, readonly [type: number, code: number]>>;

/** Types of several codes: an element of a set is one of those. */
const WHOLE_TYPES = new Set([
  'any',
  'destination-unreachable',
  'redirect',
  'time-exceeded',
  'ttl-exceeded',
  'parameter-problem',
]);

/** `type/code` by ipset's names (lib/icmp.c, lib/icmpv6.c of ipset). The first of two names is printed. */
const ICMP: Names = Object.fromEntries(
  Object.entries(ICMP_NAMES)
    .filter(([name]) => !WHOLE_TYPES.has(name))
    .map(([name, [type, code = 0]]) => [name, [type, code]]),
);

const ICMPV6: Names = {
  'no-route': [1, 0],
  'communication-prohibited': [1, 1],
  'address-unreachable': [1, 3],
  'port-unreachable': [1, 4],
  'packet-too-big': [2, 0],
  'ttl-zero-during-transit': [3, 0],
  'ttl-zero-during-reassembly': [3, 1],
  'bad-header': [4, 0],
  'unknown-header-type': [4, 1],
  'unknown-option': [4, 2],
  'echo-request': [128, 0],
  ping: [128, 0],
  'echo-reply': [129, 0],
  pong: [129, 0],
  'router-solicitation': [133, 0],
  'router-advertisement': [134, 0],
  'neighbour-solicitation': [135, 0],
  'neigbour-solicitation': [135, 0],
  'neighbour-advertisement': [136, 0],
  'neigbour-advertisement': [136, 0],
  redirect: [137, 0],
};

const namesOf = (protocol: number): Names => (protocol === PROTO_ICMP ? ICMP : ICMPV6);

/** A name, `type` or `type/code`, as a port's sixteen bits. */
export function icmpTypeOf(text: string, protocol: number): number {
  const names = namesOf(protocol);
  if (Object.hasOwn(names, text)) return (names[text]![0] << 8) | names[text]![1];
  const [, type, code] = /^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? [];
  if (type === undefined || Number(type) > 255 || Number(code) > 255)
    throw new IpSetError(
      `Cannot parse ${text} as an ${protocol === PROTO_ICMP ? 'ICMP' : 'ICMPv6'} type/code.`,
    );
  return (Number(type) << 8) | Number(code);
}

export function icmpTypeName(port: number, protocol: number): string {
  const [type, code] = [port >>> 8, port & 255];
  const found = Object.entries(namesOf(protocol)).find(([, [t, c]]) => t === type && c === code);
  return found?.[0] ?? `${type}/${code}`;
}
