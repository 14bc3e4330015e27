import { prefixLengthOf } from '../cidr.ts';
import type { NatRange } from '../conntrack/nat.ts';
import { bitsOf, formatIp, type IpAddress, isIpv6 } from '../ip-address.ts';
import { formatMac } from '../mac.ts';
import { protocolName } from '../protocol-numbers.ts';
import { printConnlimit } from './connlimit.ts';
import { printHeaderMatch } from './header-match-printer.ts';
import { printHeaderTarget } from './header-target-printer.ts';
import {
  ADDRESS_TYPES,
  type AddressMatch,
  CT_STATES,
  CT_STATUSES,
  type InterfaceMatch,
  type Match,
  type PortRange,
  type Rule,
  type Target,
} from './rule.ts';
import { formatTcpFlags } from './tcp-flags.ts';
import { quote } from './tokens.ts';
import { printU32 } from './u32.ts';

/** A rule's options as iptables-save prints them, without `-A CHAIN`. */
export function printRule(rule: Rule): string {
  const words: string[] = [];
  if (rule.source) words.push(printAddress('-s', rule.source));
  if (rule.destination) words.push(printAddress('-d', rule.destination));
  if (rule.input) words.push(printInterface('-i', rule.input));
  if (rule.output) words.push(printInterface('-o', rule.output));
  if (rule.protocol) {
    const { invert, number } = rule.protocol;
    words.push(`${not(invert)}-p ${protocolName(number) ?? number}`);
  }
  if (rule.fragment) words.push(`${not(rule.fragment.invert)}-f`);
  for (const match of rule.matches) words.push(`-m ${match.kind}`, ...printMatch(match));
  words.push(...printTarget(rule.target));
  return words.filter((word) => word !== '').join(' ');
}

const not = (invert: boolean): string => (invert ? '! ' : '');
const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

function printAddress(option: string, { invert, address, mask }: AddressMatch): string {
  if ((mask === 0 || mask === 0n) && !invert) return '';
  return `${not(invert)}${option} ${formatIp(address)}/${prefixLengthOf(mask) ?? formatIp(mask)}`;
}

function printInterface(option: string, { invert, name }: InterfaceMatch): string {
  return name === '+' && !invert ? '' : `${not(invert)}${option} ${name}`;
}

function printPorts(option: string, range: PortRange | undefined): string {
  if (!range || (range.low === 0 && range.high === 65535)) return '';
  const ports = range.low === range.high ? `${range.low}` : `${range.low}:${range.high}`;
  return `${not(range.invert)}${option} ${ports}`;
}

function inOrder<T extends string>(known: readonly T[], of: readonly T[]): string {
  return known.filter((each) => of.includes(each)).join(',');
}

/** One case a kind: the build breaks when a match lacks its printer. */
function printMatch(match: Match): string[] {
  switch (match.kind) {
    case 'comment':
      return [`--comment ${quote(match.text)}`];
    case 'conntrack':
      return printConntrack(match);
    case 'state':
      return [`${not(match.invert)}--state ${inOrder(CT_STATES, match.of)}`];
    case 'addrtype':
      return [
        match.source
          ? `${not(match.source.invert)}--src-type ${inOrder(ADDRESS_TYPES, match.source.of)}`
          : '',
        match.destination
          ? `${not(match.destination.invert)}--dst-type ${inOrder(ADDRESS_TYPES, match.destination.of)}`
          : '',
        match.limitInterface ? `--limit-iface-${match.limitInterface}` : '',
      ];
    case 'mark':
    case 'connmark':
      return [`${not(match.invert)}--mark ${printMasked(match.value, match.mask)}`];
    case 'statistic':
      return printStatistic(match);
    case 'recent':
      return printRecent(match);
    case 'tcp':
      return [
        printPorts('--sport', match.source),
        printPorts('--dport', match.destination),
        match.option ? `${not(match.option.invert)}--tcp-option ${match.option.number}` : '',
        match.flags
          ? `${not(match.flags.invert)}--tcp-flags ${formatTcpFlags(match.flags.mask)} ${formatTcpFlags(match.flags.set)}`
          : '',
      ];
    case 'udp':
    case 'sctp':
      return [printPorts('--sport', match.source), printPorts('--dport', match.destination)];
    case 'icmp':
    case 'icmp6': {
      const type =
        match.type === 255 ? 'any' : `${match.type}${match.code === undefined ? '' : `/${match.code}`}`;
      return [`${not(match.invert)}--${match.kind === 'icmp' ? 'icmp' : 'icmpv6'}-type ${type}`];
    }
    case 'multiport':
      return [
        `${not(match.invert)}--${match.side} ${match.ranges.map(({ low, high }) => (low === high ? low : `${low}:${high}`)).join(',')}`,
      ];
    case 'physdev':
      return printPhysdev(match);
    case 'mac':
      return [`${not(match.invert)}--mac-source ${formatMac(match.address)}`];
    case 'nfacct':
      // The extension puts a space of its own before the name.
      return [`--nfacct-name  ${quote(match.name)}`];
    case 'ipvs':
      return printIpvs(match);
    case 'connlimit':
      return [printConnlimit(match)];
    case 'u32':
      return [printU32(match)];
    case 'rpfilter':
      return [
        match.loose ? '--loose' : '',
        match.validMark ? '--validmark' : '',
        match.acceptLocal ? '--accept-local' : '',
        match.invert ? '--invert' : '',
      ];
    case 'length':
    case 'ttl':
    case 'hl':
    case 'dscp':
    case 'tos':
    case 'iprange':
    case 'pkttype':
      return printHeaderMatch(match);
    case 'set':
      return [`${not(match.invert)}--match-set ${match.name} ${match.sides.join(',')}`];
    case 'limit':
      return [`--limit ${match.count}/${match.per}`, match.burst === 5 ? '' : `--limit-burst ${match.burst}`];
  }
}

function printIpvs({ property, protocol, address, port }: Extract<Match, { kind: 'ipvs' }>): string[] {
  return [
    property ? `${not(property.invert)}--ipvs` : '',
    protocol ? `${not(protocol.invert)}--vproto ${protocol.number}` : '',
    address ? printAddress('--vaddr', address).replace(/\/(32|128)$/, '') : '',
    port ? `${not(port.invert)}--vport ${port.number}` : '',
  ];
}

function printMasked(value: number, mask: number): string {
  return mask === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

function printConntrack(match: Extract<Match, { kind: 'conntrack' }>): string[] {
  const words: string[] = [];
  if (match.states) words.push(`${not(match.states.invert)}--ctstate ${inOrder(CT_STATES, match.states.of)}`);
  if (match.protocol) words.push(`${not(match.protocol.invert)}--ctproto ${match.protocol.number}`);
  for (const { field, invert, address, mask } of match.addresses) {
    const length = prefixLengthOf(mask);
    const suffix = length === bitsOf(address) ? '' : `/${length ?? formatIp(mask)}`;
    words.push(`${not(invert)}--${field} ${formatIp(address)}${suffix}`);
  }
  if (match.statuses)
    words.push(`${not(match.statuses.invert)}--ctstatus ${inOrder(CT_STATUSES, match.statuses.of)}`);
  for (const { field, ...range } of match.ports) words.push(printPorts(`--${field}`, range));
  if (match.direction) words.push(`--ctdir ${match.direction}`);
  return words;
}

function printStatistic(match: Extract<Match, { kind: 'statistic' }>): string[] {
  if (match.mode === 'random') {
    return [
      '--mode random',
      `${not(match.invert)}--probability ${(match.probability / 0x80000000).toFixed(11)}`,
    ];
  }
  return ['--mode nth', `${not(match.invert)}--every ${match.every}`, `--packet ${match.packet}`];
}

function printRecent(match: Extract<Match, { kind: 'recent' }>): string[] {
  return [
    `${not(match.invert)}--${match.action}`,
    match.seconds === undefined ? '' : `--seconds ${match.seconds}`,
    match.reap ? '--reap' : '',
    match.hitcount ? `--hitcount ${match.hitcount}` : '',
    match.rttl ? '--rttl' : '',
    `--name ${match.name}`,
    `--mask ${formatIp(match.mask)}`,
    `--${match.side}`,
  ];
}

function printPhysdev(match: Extract<Match, { kind: 'physdev' }>): string[] {
  const flag = (name: string, value: boolean | undefined) =>
    value === undefined ? '' : `${not(!value)}--physdev-is-${name}`;
  return [
    match.input ? printInterface('--physdev-in', match.input) : '',
    flag('in', match.isIn),
    match.output ? printInterface('--physdev-out', match.output) : '',
    flag('out', match.isOut),
    flag('bridged', match.isBridged),
  ];
}

/** One case a kind: the build breaks when a target lacks its printer. */
function printTarget(target: Target): string[] {
  switch (target.kind) {
    case 'none':
      return [];
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'NOTRACK':
      return [`-j ${target.kind}`];
    case 'jump':
      return [`-j ${target.chain}`];
    case 'goto':
      return [`-g ${target.chain}`];
    case 'DNAT':
      return ['-j DNAT', ...printRange('--to-destination', target.range)];
    case 'SNAT':
      return ['-j SNAT', ...printRange('--to-source', target.range)];
    case 'MASQUERADE':
    case 'REDIRECT':
      return [`-j ${target.kind}`, ...printRange('--to-ports', target.range)];
    case 'MARK':
      return [`-j MARK --set-xmark ${hex(target.value)}/${hex(target.mask)}`];
    case 'CONNMARK':
      return [`-j CONNMARK ${printConnmark(target)}`];
    case 'REJECT':
      return [`-j REJECT --reject-with ${target.with}`];
    case 'LOG':
      return [
        '-j LOG',
        target.prefix === '' ? '' : `--log-prefix ${quote(target.prefix)}`,
        target.level === 4 ? '' : `--log-level ${target.level}`,
        ...target.flags.map((flag) => `--${flag}`),
      ];
    case 'NFLOG':
      return [
        '-j NFLOG',
        target.prefix === '' ? '' : `--nflog-prefix ${quote(target.prefix)}`,
        target.group === 0 ? '' : `--nflog-group ${target.group}`,
        target.size ? `--nflog-size ${target.size}` : '',
        target.oldSize ? `--nflog-range ${target.oldSize}` : '',
        target.threshold ? `--nflog-threshold ${target.threshold}` : '',
      ];
    case 'CT':
      return ['-j CT', target.notrack ? '--notrack' : ''];
    case 'DSCP':
    case 'TOS':
    case 'TTL':
    case 'HL':
    case 'TCPMSS':
      return [`-j ${target.kind}`, printHeaderTarget(target)];
  }
}

function printConnmark(target: Extract<Target, { kind: 'CONNMARK' }>): string {
  if (target.operation === 'set') return `--set-xmark ${hex(target.value)}/${hex(target.mask)}`;
  return `--${target.operation}-mark --nfmask ${hex(target.nfMask)} --ctmask ${hex(target.ctMask)}`;
}

function printRange(option: string, range: NatRange): string[] {
  const { minAddress, maxAddress, minPort, maxPort } = range;
  let to = '';
  if (minAddress !== undefined) {
    const isBracketed = isIpv6(minAddress) && minPort !== undefined;
    const print = (address: IpAddress) => (isBracketed ? `[${formatIp(address)}]` : formatIp(address));
    to += print(minAddress);
    if (maxAddress !== undefined && maxAddress !== minAddress) to += `-${print(maxAddress)}`;
  }
  if (minPort !== undefined) {
    if (option !== '--to-ports') to += ':';
    to += maxPort !== undefined && maxPort !== minPort ? `${minPort}-${maxPort}` : `${minPort}`;
  }
  return [
    to === '' ? '' : `${option} ${to}`,
    range.random ? '--random' : '',
    range.randomFully ? '--random-fully' : '',
    range.persistent ? '--persistent' : '',
  ];
}
