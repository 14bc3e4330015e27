import { maskOf } from '../cidr.ts';
import { formatIpv4, parseIpv4 } from '../ipv4.ts';
import { PROTO_TCP, protocolName, protocolNumber } from '../protocol-numbers.ts';
import { IpSetError } from './ipset-error.ts';
import type { SetType } from './set-type.ts';

/**
 * An element as 32-bit words, which are also its key: an address is one word; a port is one with its protocol
 * above it; a network is two, the prefix and its length.
 */
export type SetEntry = readonly number[];

/** The words that an element of a type has. */
export function wordsOf({ parts }: SetType): number {
  return parts.reduce((words, part) => words + (part === 'net' ? 2 : 1), 0);
}

const ELEMENTS = ['First', 'Second', 'Third'];

/** Reads `10.96.0.1,tcp:443,10.0.0.0/8`, or what the type asks for. */
export function parseEntry({ parts, isBitmap }: SetType, text: string): SetEntry {
  const texts = text.split(',');
  if (texts.length > parts.length)
    throw new IpSetError(
      `Syntax error: Elem separator in ${text}, but settype supports ${parts.length > 1 ? parts.length : 'no'} elements.`,
    );
  const words: number[] = [];
  for (const [index, part] of parts.entries()) {
    const piece = texts[index];
    if (!piece) throw new IpSetError(`Syntax error: ${ELEMENTS[index]} element is missing from ${text}.`);
    if (part === 'net') words.push(...parseNetwork(piece));
    else if (part === 'ip') words.push(parseAddress(piece));
    else words.push(isBitmap ? parsePort(piece) : parseProtocolPort(piece));
  }
  return words;
}

function parseAddress(text: string): number {
  const address = parseIpv4(text.replace(/\/32$/, ''));
  if (address === undefined) {
    throw new IpSetError(`Syntax error: cannot parse ${text}: resolving to IPv4 address failed`);
  }
  return address;
}

function parseNetwork(text: string): [number, number] {
  const [host = '', length = '32'] = text.split('/');
  const address = parseAddress(host);
  if (!/^\d{1,2}$/.test(length) || Number(length) > 32 || Number(length) === 0) {
    throw new IpSetError(`Syntax error: '${length}' is out of range 1-32`);
  }
  return [(address & maskOf(Number(length))) >>> 0, Number(length)];
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

export function formatEntry({ parts, isBitmap }: SetType, words: SetEntry): string {
  const texts: string[] = [];
  let at = 0;
  for (const part of parts) {
    const word = words[at++]! >>> 0;
    if (part === 'ip') texts.push(formatIpv4(word));
    else if (part === 'net') {
      const length = words[at++]!;
      texts.push(length === 32 ? formatIpv4(word) : `${formatIpv4(word)}/${length}`);
    } else if (isBitmap) texts.push(String(word));
    else texts.push(`${protocolName(word >>> 16) ?? word >>> 16}:${word & 0xffff}`);
  }
  return texts.join(',');
}
