import { parseIcmp6Type, parseIcmpType } from './icmp-types.ts';
import { type MatchDraft, type Mutable, required } from './match-draft.ts';
import { type OptionReader, parseInteger, RuleError } from './option-reader.ts';
import { parsePort, parsePortRange } from './port-names.ts';
import type { Match, PortRange, TcpMatch } from './rule.ts';
import { parseTcpFlags } from './tcp-flags.ts';

const SOURCE_PORT = new Set(['--sport', '--source-port']);
const DESTINATION_PORT = new Set(['--dport', '--destination-port']);

export function tcp(): MatchDraft {
  const match: Mutable<Extract<Match, { kind: 'tcp' }>> = { kind: 'tcp' };
  return {
    name: 'tcp',
    option(option, reader) {
      if (SOURCE_PORT.has(option)) match.source = readPorts(option, reader, match.source);
      else if (DESTINATION_PORT.has(option)) match.destination = readPorts(option, reader, match.destination);
      else if (option === '--syn' || option === '--tcp-flags') {
        if (match.flags) throw new RuleError("Only one of `--syn' or `--tcp-flags'  allowed");
        match.flags = readFlags(option, reader);
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

function readPorts(option: string, reader: OptionReader, before: PortRange | undefined): PortRange {
  if (before)
    throw new RuleError(`Only one \`--${SOURCE_PORT.has(option) ? 'source' : 'destination'}-port' allowed`);
  const text = reader.value(option);
  return parsePortRange(text, reader.invert);
}

function readFlags(option: string, reader: OptionReader): NonNullable<TcpMatch['flags']> {
  const { invert } = reader;
  if (option === '--syn') return { invert, mask: 0x17, set: 0x02 };
  const mask = parseTcpFlags(reader.value(option));
  return { invert, mask, set: parseTcpFlags(reader.value(option)) };
}

export function ports(kind: 'udp' | 'sctp'): MatchDraft {
  const match: Mutable<Extract<Match, { kind: 'udp' | 'sctp' }>> = { kind };
  return {
    name: kind,
    option(option, reader) {
      if (SOURCE_PORT.has(option)) match.source = readPorts(option, reader, match.source);
      else if (DESTINATION_PORT.has(option)) match.destination = readPorts(option, reader, match.destination);
      else return false;
      return true;
    },
    finish: () => match,
  };
}

export function icmp(kind: 'icmp' | 'icmp6'): MatchDraft {
  const name = kind === 'icmp6' ? '--icmpv6-type' : '--icmp-type';
  let match: Match | undefined;
  return {
    name: kind,
    option(option, reader) {
      if (option !== name) return false;
      const text = reader.value(option);
      const type = kind === 'icmp6' ? parseIcmp6Type(text) : parseIcmpType(text);
      match = { kind, invert: reader.invert, ...type };
      return true;
    },
    finish: () => required(match, `${kind}: option "${name}" must be specified`),
  };
}

const MULTIPORT_SIDES: Readonly<Record<string, 'sports' | 'dports' | 'ports'>> = {
  '--sports': 'sports',
  '--source-ports': 'sports',
  '--source-port': 'sports',
  '--dports': 'dports',
  '--destination-ports': 'dports',
  '--destination-port': 'dports',
  '--ports': 'ports',
};

export function multiport(): MatchDraft {
  let match: Match | undefined;
  return {
    name: 'multiport',
    option(option, reader) {
      const side = Object.hasOwn(MULTIPORT_SIDES, option) ? MULTIPORT_SIDES[option] : undefined;
      if (!side) return false;
      if (match) throw new RuleError('multiport: options for ports cannot be used together.\n');
      const ranges = reader
        .value(option)
        .split(',')
        .map((text) => {
          const [low, high] = text.split(':');
          const range = { low: parsePort(low!), high: parsePort(high ?? low!) };
          if (range.low > range.high) throw new RuleError('invalid portrange specified');
          return range;
        });
      const slots = ranges.reduce((sum, range) => sum + (range.low === range.high ? 1 : 2), 0);
      if (slots > 15) throw new RuleError('too many ports specified');
      match = { kind: 'multiport', side, invert: reader.invert, ranges };
      return true;
    },
    finish: () => required(match, 'multiport expection an option'),
  };
}
