import { RuleError } from './option-reader.ts';

/** The names of iptables' ICMP types that rules commonly use. */
const NAMES: Readonly<Record<string, readonly [type: number, code?: number]>> = {
  any: [255],
  'echo-reply': [0],
  pong: [0],
  'destination-unreachable': [3],
  'network-unreachable': [3, 0],
  'host-unreachable': [3, 1],
  'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3],
  'fragmentation-needed': [3, 4],
  'source-quench': [4],
  redirect: [5],
  'echo-request': [8],
  ping: [8],
  'router-advertisement': [9],
  'router-solicitation': [10],
  'time-exceeded': [11],
  'ttl-exceeded': [11],
  'parameter-problem': [12],
  'timestamp-request': [13],
  'timestamp-reply': [14],
};

export function parseIcmpType(text: string): { type: number; code?: number } {
  const named = Object.hasOwn(NAMES, text) ? NAMES[text] : undefined;
  if (named) return named[1] === undefined ? { type: named[0] } : { type: named[0], code: named[1] };
  const match = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(text);
  if (!match || Number(match[1]) > 255) throw new RuleError(`Invalid ICMP type \`${text}'`);
  return match[2] === undefined
    ? { type: Number(match[1]) }
    : { type: Number(match[1]), code: Number(match[2]) };
}
