import { mask6Of, masked, maskOf } from '../cidr.ts';
import type { IpAddress, IpVersion } from '../ip-address.ts';
import { parseIpv4 } from '../ipv4.ts';
import { parseIpv6 } from '../ipv6.ts';
import { protocolNumber } from '../protocol-numbers.ts';
import { type OptionReader, RuleError } from './option-reader.ts';
import type { AddressMatch, Match } from './rule.ts';

/** Collects one match's options; `finish` makes the node or says what is missing. */
export interface MatchDraft {
  readonly name: string;
  /** False if the option is not this match's. */
  option(option: string, reader: OptionReader): boolean;
  finish(): Match;
}

/** `address[/mask]`, as a network; the mask as a length or as an address. */
export function parseAddressMatch(
  text: string,
  reader: Pick<OptionReader, 'invert' | 'version'>,
): AddressMatch {
  const match = parseHostMatch(text, reader);
  return { ...match, address: masked(match.address, match.mask) };
}

/** As parseAddressMatch, with the address as it was given. */
export function parseHostMatch(
  text: string,
  { invert, version }: Pick<OptionReader, 'invert' | 'version'>,
): AddressMatch {
  const [host = '', mask = version === 6 ? '128' : '32'] = text.split('/');
  const address = parseAddress(version === 4 ? padded(host) : host, version);
  const bits = parseMask(mask, version);
  if (address === undefined) throw new RuleError(`host/network \`${host}' not found`);
  if (bits === undefined) throw new RuleError(`invalid mask \`${mask}' specified`);
  return { invert, address, mask: bits };
}

/** `10.1` is 10.1.0.0. */
const padded = (host: string): string =>
  /^\d+(\.\d+){0,2}$/.test(host) ? [...host.split('.'), 0, 0, 0].slice(0, 4).join('.') : host;

export function parseAddress(text: string, version: IpVersion): IpAddress | undefined {
  return version === 6 ? parseIpv6(text) : parseIpv4(text);
}

function parseMask(text: string, version: IpVersion): IpAddress | undefined {
  if (!/^\d+$/.test(text)) return parseAddress(text, version);
  const length = Number(text);
  if (length > (version === 6 ? 128 : 32)) return undefined;
  return (version === 6 ? mask6Of(length) : maskOf(length)) as IpAddress;
}

/** What an option gave, or an error that says what is missing. */
export function required<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new RuleError(message);
  return value;
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Some of the words that an option knows, in any case of letters. */
export function listOf<T extends string>(text: string, known: readonly T[], what: string): T[] {
  return text.split(',').map((word) => {
    const found = known.find((each) => each === word.toUpperCase());
    if (!found) throw new RuleError(`Bad ${what} "${word}"`);
    return found;
  });
}

const ALIASES: Readonly<Record<string, string>> = { icmpv6: 'ipv6-icmp', mh: 'mobility-header' };

export function parseProtocol(text: string): number {
  if (text === 'all') return 0;
  const number = /^\d+$/.test(text) ? Number(text) : protocolNumber(ALIASES[text] ?? text);
  if (number === undefined || number > 255) throw new RuleError(`unknown protocol "${text}" specified`);
  return number;
}
