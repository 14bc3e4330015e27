import { ADDRESS_WORDS, putAddress } from '../address-words.ts';
import { masked, maskFor, maskOf } from '../cidr.ts';
import type { IpAddress, IpVersion } from '../ip-address.ts';
import { parseIpv4 } from '../ipv4.ts';
import { parseIpv6 } from '../ipv6.ts';
import { parseMac } from '../mac.ts';
import { internName } from '../name-ids.ts';
import {
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
  protocolNumber,
} from '../protocol-numbers.ts';
import { portOfService } from '../service-names.ts';
import { icmpTypeOf } from './icmp-type-names.ts';
import { INVALID_CIDR, IpSetError, OUT_OF_RANGE } from './ipset-error.ts';
import type { SetEntry } from './set-element.ts';
import type { IpSetOptions } from './set-options.ts';
import type { SetPart, SetType } from './set-type.ts';

const SEPARATORS = ['Elem separator', 'Two elem separators', 'Three elem separators'];
const COUNTS = ['none', 'one', 'two'];
const ELEMENTS = ['First', 'Second', 'Third'];
/** Elements that one text may stand for (IPSET_MAX_RANGE is of this order). */
const MAX_ELEMENTS = 1 << 16;

type Words = readonly number[];

/** Reads `10.96.0.1,tcp:443,10.0.0.0/8`, or what the type asks for; a range is all of its elements. */
export function parseEntries(type: SetType, options: IpSetOptions, text: string): SetEntry[] {
  const { parts, isBitmap } = type;
  const texts = text.split(',');
  if (texts.length > parts.length)
    throw new IpSetError(
      `Syntax error: ${SEPARATORS[parts.length - 1]} in ${text}, but settype ${type.name} supports ${COUNTS[parts.length - 1]}.`,
    );
  let entries: Words[] = [[]];
  for (const [index, part] of parts.entries()) {
    const piece = texts[index];
    if (!piece) throw new IpSetError(`Syntax error: ${ELEMENTS[index]} element is missing from ${text}.`);
    const choices =
      isBitmap && part === 'port' ? bitmapPorts(piece, options) : parsePart(type, part, piece, options);
    if (entries.length * choices.length > MAX_ELEMENTS)
      throw new IpSetError(`Syntax error: ${text} stands for more than ${MAX_ELEMENTS} elements`);
    entries = entries.flatMap((entry) => choices.map((words) => [...entry, ...words]));
  }
  return entries;
}

function parsePart(type: SetType, part: SetPart, text: string, options: IpSetOptions): readonly Words[] {
  const { version } = options;
  switch (part) {
    case 'ip':
      return type.isBitmap ? bitmapAddresses(text, options) : addresses(text, options);
    case 'net':
      return networks(text, version, type.parts.includes('iface'));
    case 'port':
      return protocolPorts(text);
    case 'iface':
      return [[deviceWord(text)]];
    case 'mark':
      return [[(parseMark(text) & options.markMask) | 0]];
    case 'mac':
      return [macWords(text)];
  }
}

function toWords(address: IpAddress): Words {
  if (typeof address === 'number') return [address];
  const words = new Int32Array(ADDRESS_WORDS);
  putAddress(words, 0, address);
  return [...words];
}

function parseAddress(text: string, version: IpVersion): IpAddress {
  const address = version === 6 ? parseIpv6(text) : parseIpv4(text);
  if (address === undefined)
    throw new IpSetError(`Syntax error: cannot parse ${text}: resolving to IPv${version} address failed`);
  return address;
}

function parseLength(text: string, version: IpVersion): number {
  const bits = version === 6 ? 128 : 32;
  if (!/^\d{1,9}$/.test(text)) throw new IpSetError(`Syntax error: '${text}' is invalid as number`);
  if (Number(text) > bits) throw new IpSetError(`Syntax error: '${text}' is out of range 0-${bits}`);
  return Number(text);
}

/** `a`, `a-b` or `a/length`, the last two of IPv4 alone; as networks if the set keeps those. */
function addresses(text: string, { version, netmask }: IpSetOptions): readonly Words[] {
  if (version === 6) {
    const [host = '', length = '128'] = text.split('/');
    if (length !== '128') throw new IpSetError(`Syntax error: plain IP address must be supplied: ${text}`);
    const address = parseAddress(host, 6);
    return [toWords(netmask === undefined ? address : masked(address, maskFor(address, netmask)))];
  }
  const [low, high] = addressRange(text);
  const step = 2 ** (32 - (netmask ?? 32));
  const first = (low & maskOf(netmask ?? 32)) >>> 0;
  return steps(first, high, step, text);
}

function bitmapAddresses(text: string, { low, high, netmask }: IpSetOptions): readonly Words[] {
  const [from, to] = addressRange(text);
  const step = 2 ** (32 - (netmask ?? 32));
  const first = (from & maskOf(netmask ?? 32)) >>> 0;
  if (first < low || to > high) throw new IpSetError(OUT_OF_RANGE);
  return steps(first, to, step, text);
}

/** The first and the last of `a`, `a-b` or `a/length`. */
export function addressRange(text: string): readonly [low: number, high: number] {
  const [low = '', high] = text.split('-');
  if (high !== undefined) {
    const ends = [parseAddress(low, 4) as number, parseAddress(high, 4) as number] as const;
    return ends[0] <= ends[1] ? ends : [ends[1], ends[0]];
  }
  const [host = '', length = '32'] = text.split('/');
  const mask = maskOf(parseLength(length, 4));
  const address = parseAddress(host, 4) as number;
  return [(address & mask) >>> 0, (address | ~mask) >>> 0];
}

function steps(low: number, high: number, step: number, text: string): Words[] {
  if ((high - low) / step >= MAX_ELEMENTS)
    throw new IpSetError(`Syntax error: ${text} stands for more than ${MAX_ELEMENTS} elements`);
  const all: Words[] = [];
  for (let at = low; at <= high; at += step) all.push([at]);
  return all;
}

function networks(text: string, version: IpVersion, mayBeAll: boolean): readonly Words[] {
  if (version === 4 && text.includes('-')) return rangeNetworks(...addressRange(text));
  const bits = version === 6 ? 128 : 32;
  const [host = '', lengthText = String(bits)] = text.split('/');
  const address = parseAddress(host, version);
  const length = parseLength(lengthText, version);
  if (length === 0 && !mayBeAll) throw new IpSetError(INVALID_CIDR);
  return [[...toWords(masked(address, maskFor(address, length))), length]];
}

/** The fewest networks that have exactly the addresses of a range (ip_set_range_to_cidr). */
function rangeNetworks(low: number, high: number): Words[] {
  const all: Words[] = [];
  for (let at = low; at <= high; ) {
    let size = 1;
    while (size < 2 ** 31 && at % (size * 2) === 0 && at + size * 2 - 1 <= high) size *= 2;
    all.push([at, 32 - Math.log2(size)]);
    at += size;
  }
  return all;
}

export function parsePort(text: string, protocol = 'tcp'): number {
  const named = portOfService(text);
  if (named !== undefined) return named;
  const fault = !/^\d{1,9}$/.test(text)
    ? `'${text}' is invalid as number`
    : Number(text) > 65535
      ? `'${text}' is out of range 0-65535`
      : undefined;
  if (fault === undefined) return Number(text);
  throw new IpSetError(
    `Syntax error: ${fault}\nSyntax error: '${protocol}' is invalid as number\ncannot parse '${text}' as a ${protocol} port`,
  );
}

function portRange(text: string, protocol?: string): readonly [low: number, high: number] {
  const [low = '', high = low] = text.split('-');
  const ends = [parsePort(low, protocol), parsePort(high, protocol)] as const;
  return ends[0] <= ends[1] ? ends : [ends[1], ends[0]];
}

function bitmapPorts(text: string, { low, high }: IpSetOptions): readonly Words[] {
  const [first, last] = portRange(text.replace(/^\w+:/, ''));
  if (first < low || last > high) throw new IpSetError(OUT_OF_RANGE);
  return steps(first, last, 1, text);
}

const WITH_PORTS: ReadonlySet<number> = new Set([PROTO_TCP, PROTO_UDP, PROTO_SCTP, 136]);

/** `tcp:443`, `udp:80-90`, `icmp:echo-request`, `vrrp:0`; a port alone is TCP's. */
function protocolPorts(text: string): readonly Words[] {
  const [name = '', port] = text.includes(':') ? text.split(':') : ['tcp', text];
  const protocol =
    protocolNumber(name === 'icmpv6' ? 'ipv6-icmp' : name) ?? (/^\d{1,3}$/.test(name) ? Number(name) : 256);
  if (protocol > 255) throw new IpSetError(`Syntax error: cannot parse '${name}' as a protocol`);
  const above = protocol << 16;
  if (protocol === PROTO_ICMP || protocol === PROTO_ICMPV6) return [[above | icmpTypeOf(port!, protocol)]];
  const [low, high] = portRange(port!, name);
  if (!WITH_PORTS.has(protocol) && (low !== 0 || high !== 0))
    throw new IpSetError(`Syntax error: Protocol ${name} can be used with pseudo port value 0 only.`);
  return steps(low, high, 1, text).map(([number]) => [above | number!]);
}

/** A device's number, and whether it is a bridge's port that is meant. */
function deviceWord(text: string): number {
  const isPhysical = text.startsWith('physdev:');
  const name = isPhysical ? text.slice('physdev:'.length) : text;
  const id = internName(name);
  if (id === undefined)
    throw new IpSetError(`Syntax error: interface name ${name} is longer than 15 characters`);
  return (id << 1) | (isPhysical ? 1 : 0);
}

export function parseMark(text: string): number {
  if (!/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) || Number(text) > 0xffffffff)
    throw new IpSetError(`Syntax error: '${text}' is invalid as number`);
  return Number(text);
}

function macWords(text: string): Words {
  const address = parseMac(text);
  if (address === undefined) throw new IpSetError(`Syntax error: cannot parse ethernet address`);
  return [Math.floor(address / 2 ** 32), address | 0];
}
