import { ADDRESS_WORDS, putAddress, readAddress } from '../address-words.ts';
import { masked, maskFor } from '../cidr.ts';
import { formatIp, type IpAddress, type IpVersion } from '../ip-address.ts';
import { parseIpv4 } from '../ipv4.ts';
import { parseIpv6 } from '../ipv6.ts';
import { PROTO_TCP, protocolName, protocolNumber } from '../protocol-numbers.ts';
import { IpSetError } from './ipset-error.ts';
import type { SetType } from './set-type.ts';

/**
 * An element as 32-bit words, which are also its key: an address is one word, four of IPv6; a port is one with its protocol
 * above it; a network is an address and the prefix's length.
 */
export type SetEntry = readonly number[];

/** The words that an address takes in a set of a family. */
export const addressWords = (version: IpVersion): number => (version === 6 ? ADDRESS_WORDS : 1);

/** The words that an element of a type has. */
export function wordsOf({ parts }: SetType, version: IpVersion): number {
  const address = addressWords(version);
  const sizes = { port: 1, ip: address, net: address + 1 };
  return parts.reduce((words, part) => words + sizes[part], 0);
}

const ELEMENTS = ['First', 'Second', 'Third'];

/** Reads `10.96.0.1,tcp:443,10.0.0.0/8`, or what the type asks for. */
export function parseEntry({ parts, isBitmap }: SetType, version: IpVersion, text: string): SetEntry {
  const texts = text.split(',');
  if (texts.length > parts.length)
    throw new IpSetError(
      `Syntax error: Elem separator in ${text}, but settype supports ${parts.length > 1 ? parts.length : 'no'} elements.`,
    );
  const words: number[] = [];
  for (const [index, part] of parts.entries()) {
    const piece = texts[index];
    if (!piece) throw new IpSetError(`Syntax error: ${ELEMENTS[index]} element is missing from ${text}.`);
    if (part === 'net') words.push(...parseNetwork(piece, version));
    else if (part === 'ip') words.push(...toWords(parseAddress(piece, version)));
    else words.push(isBitmap ? parsePort(piece) : parseProtocolPort(piece));
  }
  return words;
}

function toWords(address: IpAddress): readonly number[] {
  if (typeof address === 'number') return [address];
  const words = new Int32Array(ADDRESS_WORDS);
  putAddress(words, 0, address);
  return [...words];
}

function parseAddress(text: string, version: IpVersion): IpAddress {
  const address =
    version === 6 ? parseIpv6(text.replace(/\/128$/, '')) : parseIpv4(text.replace(/\/32$/, ''));
  if (address === undefined) {
    throw new IpSetError(`Syntax error: cannot parse ${text}: resolving to IPv${version} address failed`);
  }
  return address;
}

function parseNetwork(text: string, version: IpVersion): readonly number[] {
  const bits = version === 6 ? 128 : 32;
  const [host = '', length = String(bits)] = text.split('/');
  const address = parseAddress(host, version);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits || Number(length) === 0) {
    throw new IpSetError(`Syntax error: '${length}' is out of range 1-${bits}`);
  }
  return [...toWords(masked(address, maskFor(address, Number(length)))), Number(length)];
}

export function parsePort(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new IpSetError(`Syntax error: cannot parse '${text}' as a port`);
  if (Number(text) > 65535) throw new IpSetError(`Syntax error: '${text}' is out of range 0-65535`);
  return Number(text);
}

/** `tcp:443`; a port alone is TCP's. */
function parseProtocolPort(text: string): number {
  const [first = '', second] = text.split(':');
  if (second === undefined) return (PROTO_TCP << 16) | parsePort(first);
  const protocol = protocolNumber(first) ?? (/^\d{1,3}$/.test(first) ? Number(first) : undefined);
  if (protocol === undefined || protocol > 255) {
    throw new IpSetError(`Syntax error: cannot parse '${first}' as a protocol`);
  }
  return (protocol << 16) | parsePort(second);
}

export function formatEntry({ parts, isBitmap }: SetType, version: IpVersion, words: SetEntry): string {
  const texts: string[] = [];
  let at = 0;
  for (const part of parts) {
    if (part !== 'port') {
      const address = version === 6 ? readAddress(words, at) : words[at]! >>> 0;
      at += addressWords(version);
      const length = part === 'net' ? words[at++]! : undefined;
      const isWhole = length === undefined || length === (version === 6 ? 128 : 32);
      texts.push(isWhole ? formatIp(address) : `${formatIp(address)}/${length}`);
      continue;
    }
    const word = words[at++]! >>> 0;
    if (isBitmap) texts.push(String(word));
    else texts.push(`${protocolName(word >>> 16) ?? word >>> 16}:${word & 0xffff}`);
  }
  return texts.join(',');
}
