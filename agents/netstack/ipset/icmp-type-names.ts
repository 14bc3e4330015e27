import { PROTO_ICMP } from '../protocol-numbers.ts';
import { IpSetError } from './ipset-error.ts';

/** `type/code` by ipset's names (lib/icmp.c, lib/icmpv6.c of ipset). The first of two names is printed. */
const ICMP: Readonly<Record<string, readonly [type: number, code: number]>> = {
  'echo-reply': [0, 0],
  pong: [0, 0],
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
  'source-quench': [4, 0],
  'network-redirect': [5, 0],
  'host-redirect': [5, 1],
  'TOS-network-redirect': [5, 2],
  'TOS-host-redirect': [5, 3],
  'echo-request': [8, 0],
  ping: [8, 0],
  'router-advertisement': [9, 0],
  'router-solicitation': [10, 0],
  'ttl-zero-during-transit': [11, 0],
  'ttl-zero-during-reassembly': [11, 1],
  'ip-header-bad': [12, 0],
  'required-option-missing': [12, 1],
  'timestamp-request': [13, 0],
  'timestamp-reply': [14, 0],
  'address-mask-request': [17, 0],
  'address-mask-reply': [18, 0],
};

const ICMPV6: Readonly<Record<string, readonly [type: number, code: number]>> = {
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

const namesOf = (protocol: number): typeof ICMP => (protocol === PROTO_ICMP ? ICMP : ICMPV6);

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
