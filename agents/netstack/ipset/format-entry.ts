import { readAddress } from '../address-words.ts';
import { formatIp, type IpVersion } from '../ip-address.ts';
import { formatMac } from '../mac.ts';
import { nameOfId } from '../name-ids.ts';
import { PROTO_ICMP, PROTO_ICMPV6, protocolName } from '../protocol-numbers.ts';
import { icmpTypeName } from './icmp-type-names.ts';
import type { SetEntry } from './set-element.ts';
import { addressWords, type SetPart, type SetType, wordsOfPart } from './set-type.ts';

/** An element's key as ipset prints it. */
export function formatEntry({ parts, isBitmap }: SetType, version: IpVersion, words: SetEntry): string {
  const texts: string[] = [];
  let at = 0;
  for (const part of parts) {
    texts.push(isBitmap && part === 'port' ? String(words[at]) : formatPart(part, version, words, at));
    at += wordsOfPart(part, version);
  }
  return texts.join(',');
}

function formatPart(part: SetPart, version: IpVersion, words: SetEntry, at: number): string {
  switch (part) {
    case 'ip':
      return formatAddress(version, words, at);
    case 'net': {
      const length = words[at + addressWords(version)]!;
      const address = formatAddress(version, words, at);
      return length === (version === 6 ? 128 : 32) ? address : `${address}/${length}`;
    }
    case 'port':
      return formatPort(words[at]! >>> 0);
    case 'iface':
      return `${words[at]! & 1 ? 'physdev:' : ''}${nameOfId(words[at]! >>> 1)}`;
    case 'mark':
      return `0x${(words[at]! >>> 0).toString(16).padStart(8, '0')}`;
    case 'mac':
      return formatMac(words[at]! * 2 ** 32 + (words[at + 1]! >>> 0)).toUpperCase();
  }
}

function formatAddress(version: IpVersion, words: SetEntry, at: number): string {
  return formatIp(version === 6 ? readAddress(words, at) : words[at]! >>> 0);
}

function formatPort(word: number): string {
  const [protocol, port] = [word >>> 16, word & 0xffff];
  const name = protocolName(protocol) ?? protocol;
  const isTyped = protocol === PROTO_ICMP || protocol === PROTO_ICMPV6;
  return `${name}:${isTyped ? icmpTypeName(port, protocol) : port}`;
}
