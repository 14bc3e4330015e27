import { mask6Of, maskOf } from '../cidr.ts';
import type { IpVersion } from '../ip-address.ts';
import type { SetSide } from '../ipset/set-match.ts';
import { parseMac } from '../mac.ts';
import { accountName } from '../nfacct/accounts.ts';
import { protocolNumber } from '../protocol-numbers.ts';
import { draftConnlimit } from './connlimit.ts';
import * as headers from './header-match-drafts.ts';
import { parseIcmp6Type, parseIcmpType } from './icmp-types.ts';
import { type MatchDraft, parseAddress, parseAddressMatch, required } from './match-draft.ts';
import { type OptionReader, parseInteger, parseMasked, RuleError } from './option-reader.ts';
import { parsePort, parsePortRange } from './port-names.ts';
import {
  ADDRESS_TYPES,
  type AddressType,
  CT_STATES,
  CT_STATUSES,
  type CtPortField,
  type CtState,
  type CtStatus,
  type CtTupleField,
  type Match,
  type PortRange,
} from './rule.ts';
import { parseTcpFlags } from './tcp-flags.ts';
import { draftU32 } from './u32.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const OF_VERSION: Readonly<Record<IpVersion, readonly string[]>> = { 4: ['icmp', 'ttl'], 6: ['icmp6', 'hl'] };

/** The matches that `-m` knows; undefined for one it does not. */
export function openMatch(name: string, version: IpVersion): MatchDraft | undefined {
  if (OF_VERSION[version === 6 ? 4 : 6].includes(name)) return undefined;
  return Object.hasOwn(DRAFTS, name) ? DRAFTS[name]!(version) : undefined;
}

function listOf<T extends string>(text: string, known: readonly T[], what: string): T[] {
  return text.split(',').map((word) => {
    const found = known.find((each) => each === word.toUpperCase());
    if (!found) throw new RuleError(`Bad ${what} "${word}"`);
    return found;
  });
}

function comment(): MatchDraft {
  let text: string | undefined;
  return {
    name: 'comment',
    option(option, reader) {
      if (option !== '--comment') return false;
      text = reader.value(option);
      if (text.length > 255) throw new RuleError('COMMENT must be shorter than 256 characters');
      return true;
    },
    finish() {
      if (text === undefined) throw new RuleError('comment: option "--comment" must be specified\n');
      return { kind: 'comment', text };
    },
  };
}

const CT_ADDRESSES: readonly CtTupleField[] = ['ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst'];
const CT_PORTS: readonly CtPortField[] = ['ctorigsrcport', 'ctorigdstport', 'ctreplsrcport', 'ctrepldstport'];

function conntrack(): MatchDraft {
  const match: Mutable<Extract<Match, { kind: 'conntrack' }>> = {
    kind: 'conntrack',
    addresses: [],
    ports: [],
  };
  return {
    name: 'conntrack',
    option(option, reader) {
      const field = option.slice(2);
      if (option === '--ctstate') {
        const of = listOf<CtState>(reader.value(option), CT_STATES, 'ctstate');
        match.states = { invert: reader.invert, of };
      } else if (option === '--ctstatus') {
        const of = listOf<CtStatus>(reader.value(option), CT_STATUSES, 'ctstatus');
        match.statuses = { invert: reader.invert, of };
      } else if (option === '--ctproto') {
        match.protocol = { number: parseProtocol(reader.value(option)), invert: reader.invert };
      } else if (option === '--ctdir') {
        const direction = reader.value(option);
        if (direction !== 'ORIGINAL' && direction !== 'REPLY')
          throw new RuleError(`conntrack: Bad value for "--ctdir" option: "${direction}"`);
        match.direction = direction;
      } else if (CT_ADDRESSES.includes(field as CtTupleField)) {
        const text = reader.value(option);
        match.addresses = [
          ...match.addresses,
          { ...parseAddressMatch(text, reader), field: field as CtTupleField },
        ];
      } else if (CT_PORTS.includes(field as CtPortField)) {
        const range = parsePortRange(reader.value(option), reader.invert);
        match.ports = [...match.ports, { ...range, field: field as CtPortField }];
      } else return false;
      return true;
    },
    finish() {
      const empty = !match.states && !match.statuses && !match.protocol && !match.direction;
      if (empty && match.addresses.length + match.ports.length === 0) {
        throw new RuleError('conntrack: At least one option is required');
      }
      return match;
    },
  };
}

function state(): MatchDraft {
  let match: Match | undefined;
  return {
    name: 'state',
    option(option, reader) {
      if (option !== '--state') return false;
      const of = listOf<CtState>(reader.value(option), CT_STATES.slice(0, 5), 'state');
      match = { kind: 'state', invert: reader.invert, of };
      return true;
    },
    finish: () => required(match, 'state: option "--state" must be specified'),
  };
}

function addrtype(): MatchDraft {
  const match: Mutable<Extract<Match, { kind: 'addrtype' }>> = { kind: 'addrtype' };
  return {
    name: 'addrtype',
    option(option, reader) {
      if (option === '--src-type' || option === '--dst-type') {
        const of = listOf<AddressType>(reader.value(option), ADDRESS_TYPES, 'address type');
        match[option === '--src-type' ? 'source' : 'destination'] = { invert: reader.invert, of };
      } else if (option === '--limit-iface-in') match.limitInterface = 'in';
      else if (option === '--limit-iface-out') match.limitInterface = 'out';
      else return false;
      return true;
    },
    finish() {
      if (!match.source && !match.destination) {
        throw new RuleError('addrtype: you must specify --src-type or --dst-type');
      }
      return match;
    },
  };
}

function mark(kind: 'mark' | 'connmark'): MatchDraft {
  let match: Match | undefined;
  return {
    name: kind,
    option(option, reader) {
      if (option !== '--mark') return false;
      const masked = parseMasked(reader.value(option), '--mark');
      match = { kind, invert: reader.invert, ...masked };
      return true;
    },
    finish: () => required(match, `${kind}: option "--mark" must be specified`),
  };
}

function statistic(): MatchDraft {
  let mode: string | undefined;
  let invert = false;
  let probability: number | undefined;
  let every: number | undefined;
  let packet: number | undefined;
  return {
    name: 'statistic',
    option(option, reader) {
      if (option === '--mode') mode = reader.value(option);
      else if (option === '--probability') {
        const value = Number(reader.value(option));
        if (!(value >= 0 && value <= 1))
          throw new RuleError('statistic: --probability must be between 0 and 1');
        probability = Math.round(value * 0x80000000);
        invert = reader.invert;
      } else if (option === '--every') {
        every = parseInteger(reader.value(option), 1, 0xffffffff, '--every');
        invert = reader.invert;
      } else if (option === '--packet')
        packet = parseInteger(reader.value(option), 0, 0xffffffff, '--packet');
      else return false;
      return true;
    },
    finish() {
      if (mode === 'random') {
        const value = required(probability, '--probability must be specified when using random mode');
        return { kind: 'statistic', mode, invert, probability: value };
      }
      if (mode !== 'nth')
        throw new RuleError(
          mode === undefined ? 'statistic: option "--mode" must be specified' : `Bad mode "${mode}"`,
        );
      const value = required(every, 'statistic: option "--every" must be specified');
      if (packet === undefined)
        throw new RuleError('statistic: option "--every" also requires "--packet".\n');
      if (packet >= value) throw new RuleError('statistic: the --packet p must be 0 <= p <= n-1');
      return { kind: 'statistic', mode, invert, every: value, packet };
    },
  };
}

const RECENT_ACTIONS = ['set', 'rcheck', 'update', 'remove'] as const;

function recent(version: IpVersion): MatchDraft {
  const match: Partial<Mutable<Extract<Match, { kind: 'recent' }>>> = {};
  return {
    name: 'recent',
    option(option, reader) {
      const action = RECENT_ACTIONS.find((each) => option === `--${each}`);
      if (action) {
        match.action = action;
        match.invert = reader.invert;
      } else if (option === '--seconds')
        match.seconds = parseInteger(reader.value(option), 1, 0xffffffff, '--seconds');
      else if (option === '--reap') match.reap = true;
      else if (option === '--hitcount')
        match.hitcount = parseInteger(reader.value(option), 1, 65535, '--hitcount');
      else if (option === '--rttl') match.rttl = true;
      else if (option === '--name') match.name = reader.value(option);
      else if (option === '--mask')
        match.mask = required(
          parseAddress(reader.value(option), reader.version),
          'recent: Bad value for "--mask" option',
        );
      else if (option === '--rsource' || option === '--rdest')
        match.side = option.slice(2) as 'rsource' | 'rdest';
      else return false;
      return true;
    },
    finish() {
      const action = required(
        match.action,
        "recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'",
      );
      return {
        reap: false,
        rttl: false,
        name: 'DEFAULT',
        mask: version === 6 ? mask6Of(128) : maskOf(32),
        side: 'rsource',
        ...match,
        kind: 'recent',
        invert: match.invert ?? false,
        action,
      };
    },
  };
}

const SOURCE_PORT = new Set(['--sport', '--source-port']);
const DESTINATION_PORT = new Set(['--dport', '--destination-port']);

function tcp(): MatchDraft {
  const match: Mutable<Extract<Match, { kind: 'tcp' }>> = { kind: 'tcp' };
  return {
    name: 'tcp',
    option(option, reader) {
      if (SOURCE_PORT.has(option)) match.source = readPorts(option, reader);
      else if (DESTINATION_PORT.has(option)) match.destination = readPorts(option, reader);
      else if (option === '--syn') match.flags = { invert: reader.invert, mask: 0x17, set: 0x02 };
      else if (option === '--tcp-flags') {
        const mask = parseTcpFlags(reader.value(option));
        match.flags = { mask, set: parseTcpFlags(reader.value(option)), invert: reader.invert };
      } else if (option === '--tcp-option') {
        match.option = {
          number: parseInteger(reader.value(option), 1, 255, '--tcp-option'),
          invert: reader.invert,
        };
      } else return false;
      return true;
    },
    finish: () => match,
  };
}

function readPorts(option: string, reader: OptionReader): PortRange {
  const text = reader.value(option);
  return parsePortRange(text, reader.invert);
}

function ports(kind: 'udp' | 'sctp'): MatchDraft {
  const match: Mutable<Extract<Match, { kind: 'udp' | 'sctp' }>> = { kind };
  return {
    name: kind,
    option(option, reader) {
      if (SOURCE_PORT.has(option)) match.source = readPorts(option, reader);
      else if (DESTINATION_PORT.has(option)) match.destination = readPorts(option, reader);
      else return false;
      return true;
    },
    finish: () => match,
  };
}

function icmp(kind: 'icmp' | 'icmp6'): MatchDraft {
  const name = kind === 'icmp6' ? '--icmpv6-type' : '--icmp-type';
  let match: Match | undefined = kind === 'icmp6' ? undefined : { kind, invert: false, type: 255 };
  return {
    name: kind,
    option(option, reader) {
      if (option !== name) return false;
      const text = reader.value(option);
      const type = kind === 'icmp6' ? parseIcmp6Type(text) : parseIcmpType(text);
      match = { kind, invert: reader.invert, ...type };
      return true;
    },
    finish: () => required(match, `icmp6: option "${name}" must be specified`),
  };
}

const MULTIPORT_SIDES: Readonly<Record<string, 'sports' | 'dports' | 'ports'>> = {
  '--sports': 'sports',
  '--source-ports': 'sports',
  '--dports': 'dports',
  '--destination-ports': 'dports',
  '--ports': 'ports',
};

function multiport(): MatchDraft {
  let match: Match | undefined;
  return {
    name: 'multiport',
    option(option, reader) {
      const side = Object.hasOwn(MULTIPORT_SIDES, option) ? MULTIPORT_SIDES[option] : undefined;
      if (!side) return false;
      const ranges = reader
        .value(option)
        .split(',')
        .map((text) => {
          const [low, high] = text.split(':');
          return { low: parsePort(low!), high: parsePort(high ?? low!) };
        });
      const slots = ranges.reduce((sum, range) => sum + (range.low === range.high ? 1 : 2), 0);
      if (slots > 15) throw new RuleError('too many ports specified');
      match = { kind: 'multiport', side, invert: reader.invert, ranges };
      return true;
    },
    finish: () => required(match, 'multiport expection an option'),
  };
}

function physdev(): MatchDraft {
  const match: Mutable<Extract<Match, { kind: 'physdev' }>> = { kind: 'physdev' };
  return {
    name: 'physdev',
    option(option, reader) {
      if (option === '--physdev-in') match.input = { name: reader.value(option), invert: reader.invert };
      else if (option === '--physdev-out')
        match.output = { name: reader.value(option), invert: reader.invert };
      else if (option === '--physdev-is-in') match.isIn = !reader.invert;
      else if (option === '--physdev-is-out') match.isOut = !reader.invert;
      else if (option === '--physdev-is-bridged') match.isBridged = !reader.invert;
      else return false;
      return true;
    },
    finish() {
      if (Object.keys(match).length === 1) throw new RuleError('PHYSDEV: no physdev option specified');
      return match;
    },
  };
}

function macSource(): MatchDraft {
  let match: Match | undefined;
  return {
    name: 'mac',
    option(option, reader) {
      if (option !== '--mac-source') return false;
      const address = required(parseMac(reader.value(option)), 'mac: Bad value for "--mac-source" option');
      match = { kind: 'mac', invert: reader.invert, address };
      return true;
    },
    finish: () => required(match, "You must specify `--mac-source'"),
  };
}

const LIMIT_UNITS = ['sec', 'min', 'hour', 'day'] as const;

function limit(): MatchDraft {
  let count = 3;
  let per: (typeof LIMIT_UNITS)[number] = 'hour';
  let burst = 5;
  return {
    name: 'limit',
    option(option, reader) {
      if (option === '--limit') {
        const [number, unit = 'sec'] = reader.value(option).split('/');
        count = parseInteger(number!, 1, 10000, '--limit');
        per = required(
          LIMIT_UNITS.find((each) => unit.startsWith(each[0]!)),
          `limit: bad rate "${unit}"`,
        );
      } else if (option === '--limit-burst')
        burst = parseInteger(reader.value(option), 0, 10000, '--limit-burst');
      else return false;
      return true;
    },
    finish: () => ({ kind: 'limit', count, per, burst }),
  };
}

function ipvs(): MatchDraft {
  let match: Extract<Match, { kind: 'ipvs' }> = { kind: 'ipvs' };
  return {
    name: 'ipvs',
    option(option, reader) {
      if (option === '--ipvs') match = { ...match, property: { invert: reader.invert } };
      else if (option === '--vproto') {
        const number = parseProtocol(reader.value(option));
        match = { ...match, protocol: { number, invert: reader.invert } };
      } else if (option === '--vaddr') {
        const text = reader.value(option);
        match = { ...match, address: parseAddressMatch(text, reader) };
      } else if (option === '--vport') {
        const number = parsePort(reader.value(option));
        match = { ...match, port: { number, invert: reader.invert } };
      } else return false;
      return true;
    },
    finish() {
      if (Object.keys(match).length === 1) throw new RuleError('IPVS: At least one option is required');
      return match;
    },
  };
}

function nfacct(): MatchDraft {
  let name: string | undefined;
  return {
    name: 'nfacct',
    option(option, reader) {
      if (option !== '--nfacct-name') return false;
      if (reader.invert) throw new RuleError('nfacct: option "--nfacct-name" cannot be inverted.\n');
      if (name !== undefined) throw new RuleError('nfacct: option "--nfacct-name" can only be used once.\n');
      name = accountName(reader.value(option));
      if (name === '') throw new RuleError('Argument must have a minimum length of 1 characters\n');
      return true;
    },
    finish: () => ({
      kind: 'nfacct',
      name: required(name, 'nfacct: option "--nfacct-name" must be specified\n'),
    }),
  };
}

/** As many as a set's elements may have parts (IPSET_DIM_MAX). */
const MAX_SIDES = 6;

function set(): MatchDraft {
  let match: Match | undefined;
  return {
    name: 'set',
    option(option, reader) {
      if (option !== '--match-set') return false;
      const name = reader.value(option);
      const { invert } = reader;
      const sides = reader.value(option).split(',');
      if (sides.length > MAX_SIDES) throw new RuleError(`Can't be more src/dst options than ${MAX_SIDES}.`);
      const of = sides.map((side): SetSide => {
        if (side !== 'src' && side !== 'dst')
          throw new RuleError('You must spec (comma separated) src or dst at least.');
        return side;
      });
      match = { kind: 'set', invert, name, sides: of };
      return true;
    },
    finish: () => required(match, "You must specify `--match-set' with proper arguments"),
  };
}

const RPFILTER_OPTIONS = {
  '--loose': 'loose',
  '--validmark': 'validMark',
  '--accept-local': 'acceptLocal',
  '--invert': 'invert',
} as const;

function rpfilter(): MatchDraft {
  const match: Mutable<Extract<Match, { kind: 'rpfilter' }>> = {
    kind: 'rpfilter',
    loose: false,
    validMark: false,
    acceptLocal: false,
    invert: false,
  };
  return {
    name: 'rpfilter',
    option(option) {
      if (!Object.hasOwn(RPFILTER_OPTIONS, option)) return false;
      match[RPFILTER_OPTIONS[option as keyof typeof RPFILTER_OPTIONS]] = true;
      return true;
    },
    finish: () => match,
  };
}

export function parseProtocol(text: string): number {
  if (text === 'all') return 0;
  const number = /^\d+$/.test(text) ? Number(text) : protocolNumber(text);
  if (number === undefined || number > 255) throw new RuleError(`unknown protocol "${text}" specified`);
  return number;
}

const DRAFTS: Readonly<Record<string, (version: IpVersion) => MatchDraft>> = {
  comment,
  conntrack,
  state,
  addrtype,
  mark: () => mark('mark'),
  connmark: () => mark('connmark'),
  statistic,
  recent,
  tcp,
  udp: () => ports('udp'),
  sctp: () => ports('sctp'),
  icmp: () => icmp('icmp'),
  icmp6: () => icmp('icmp6'),
  multiport,
  physdev,
  mac: macSource,
  limit,
  set,
  rpfilter,
  ipvs,
  connlimit: draftConnlimit,
  u32: draftU32,
  nfacct,
  length: headers.length,
  ttl: () => headers.hops('ttl'),
  hl: () => headers.hops('hl'),
  dscp: headers.dscp,
  tos: headers.tos,
  iprange: headers.iprange,
  pkttype: headers.pkttype,
};
