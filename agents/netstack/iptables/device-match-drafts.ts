import { parseMac } from '../mac.ts';
import { listOf, type MatchDraft, type Mutable, required } from './match-draft.ts';
import { RuleError } from './option-reader.ts';
import { ADDRESS_TYPES, type AddressType, type Match } from './rule.ts';

export function addrtype(): MatchDraft {
  const match: Mutable<Extract<Match, { kind: 'addrtype' }>> = { kind: 'addrtype' };
  return {
    name: 'addrtype',
    option(option, reader) {
      if (option === '--src-type' || option === '--dst-type') {
        const of = listOf<AddressType>(reader.value(option), ADDRESS_TYPES, 'address type');
        match[option === '--src-type' ? 'source' : 'destination'] = { invert: reader.invert, of };
      } else if (option === '--limit-iface-in' || option === '--limit-iface-out') {
        if (match.limitInterface)
          throw new RuleError(
            'addrtype: option "--limit-iface-in" cannot be used together with "--limit-iface-out".\n',
          );
        match.limitInterface = option === '--limit-iface-in' ? 'in' : 'out';
      } else return false;
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

export function physdev(): MatchDraft {
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

export function macSource(): MatchDraft {
  let match: Match | undefined;
  return {
    name: 'mac',
    option(option, reader) {
      if (option !== '--mac-source') return false;
      const text = reader.value(option).replace(/\b[0-9a-f]\b/gi, '0$&');
      const address = required(parseMac(text), 'mac: Bad value for "--mac-source" option');
      match = { kind: 'mac', invert: reader.invert, address };
      return true;
    },
    finish: () => required(match, "You must specify `--mac-source'"),
  };
}

const RPFILTER_OPTIONS = {
  '--loose': 'loose',
  '--validmark': 'validMark',
  '--accept-local': 'acceptLocal',
  '--invert': 'invert',
} as const;

export function rpfilter(): MatchDraft {
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
