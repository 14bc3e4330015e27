import { formatEntry } from '../netstack/ipset/format-entry.ts';
import type { IpSet } from '../netstack/ipset/ip-set.ts';
import type { SetPlace } from '../netstack/ipset/ip-sets.ts';
import type { SetElement } from '../netstack/ipset/set-element.ts';
import { formatIpv4, type Ipv4 } from '../netstack/ipv4.ts';

/** What a set was made with, in the order of ipset's own listings. */
function headerOf({ type, options, seed }: IpSet): string {
  const { netmask, timeout, counters, comments } = options;
  const own = type.isBitmap
    ? [boundsOf(type.parts[0] === 'ip', options.low, options.high)]
    : hashWords(type, options);
  return [
    ...own,
    netmask === undefined ? '' : `netmask ${netmask}`,
    timeout === undefined ? '' : `timeout ${timeout}`,
    counters ? 'counters' : '',
    comments ? 'comment' : '',
    type.isBitmap ? '' : `bucketsize 12 initval 0x${seed.toString(16).padStart(8, '0')}`,
  ]
    .filter((word) => word !== '')
    .join(' ');
}

function boundsOf(isOfAddresses: boolean, low: number, high: number): string {
  const print = (value: number): string => (isOfAddresses ? formatIpv4(value as Ipv4) : String(value));
  return `range ${print(low)}-${print(high)}`;
}

function hashWords(
  { parts }: IpSet['type'],
  { version, markMask, hashSize, maxElements }: IpSet['options'],
): string[] {
  const hasFamily = parts.some((part) => part === 'ip' || part === 'net');
  const isMarked = parts.includes('mark') && markMask !== 0xffffffff;
  return [
    hasFamily ? `family ${version === 6 ? 'inet6' : 'inet'}` : '',
    isMarked ? `markmask 0x${markMask.toString(16).padStart(8, '0')}` : '',
    `hashsize ${hashSize}`,
    `maxelem ${maxElements}`,
  ];
}

/** An element with what it has besides its key. */
function elementText({ type, options }: IpSet, element: SetElement, now: number): string {
  const { entry, expiresAt, counters, comment, nomatch } = element;
  const left = Number.isFinite(expiresAt) ? Math.max(1, Math.floor((expiresAt - now) / 1000)) : 0;
  return [
    formatEntry(type, options.version, entry),
    nomatch ? 'nomatch' : '',
    options.timeout === undefined ? '' : `timeout ${left}`,
    counters === undefined ? '' : `packets ${counters.packets} bytes ${counters.bytes}`,
    comment === undefined ? '' : `comment "${comment}"`,
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** As `ipset save`, which `ipset restore` takes. */
export function saveSet({ name, set }: SetPlace, now: number): string {
  const lines = set.elements(now).map((each) => `add ${name} ${elementText(set, each, now)}\n`);
  return `create ${name} ${set.type.name} ${headerOf(set)}\n${lines.join('')}`;
}

/** As `ipset list`. */
export function listSet({ name, set }: SetPlace, references: number, now: number, terse: boolean): string {
  const elements = set.elements(now);
  const lines = [
    `Name: ${name}`,
    `Type: ${set.type.name}`,
    `Revision: ${set.type.revision}`,
    `Header: ${headerOf(set)}`,
    `Size in memory: ${memoryOf(set, elements.length)}`,
    `References: ${references}`,
    `Number of entries: ${elements.length}`,
  ];
  if (!terse) lines.push('Members:', ...elements.map((each) => elementText(set, each, now)));
  return `${lines.join('\n')}\n`;
}

/** About what the kernel says: a header and, for each element, its share of a bucket; of a bitmap, its bits. */
function memoryOf({ type, options }: IpSet, elements: number): number {
  if (!type.isBitmap) return 216 + 48 * elements;
  const bits = Math.floor((options.high - options.low + 1) / 2 ** (32 - (options.netmask ?? 32)));
  return 72 + 8 * Math.ceil(bits / 64);
}
