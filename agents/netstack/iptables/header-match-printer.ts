import { formatIp } from '../ip-address.ts';
import type { AddressRange, HeaderMatch } from './header-match.ts';
import { formatByte } from './traffic-class.ts';

/** The options of a match, as iptables-save prints them. */
export function printHeaderMatch(match: HeaderMatch): string[] {
  switch (match.kind) {
    case 'length': {
      const { low, high, invert } = match;
      return [`${not(invert)}--length ${low === high ? low : `${low}:${high}`}`];
    }
    case 'ttl':
    case 'hl':
      return [`${not(match.invert)}--${match.kind}-${match.comparison} ${match.value}`];
    case 'dscp':
      return [`${not(match.invert)}--dscp ${formatByte(match.value)}`];
    case 'tos':
      return [`${not(match.invert)}--tos ${formatByte(match.value)}/${formatByte(match.mask)}`];
    case 'iprange':
      return [printRange('--src-range', match.source), printRange('--dst-range', match.destination)];
    case 'pkttype':
      return [`${not(match.invert)}--pkt-type ${match.type}`];
  }
}

const not = (invert: boolean): string => (invert ? '! ' : '');

function printRange(option: string, range: AddressRange | undefined): string {
  return range === undefined
    ? ''
    : `${not(range.invert)}${option} ${formatIp(range.low)}-${formatIp(range.high)}`;
}
