import type { SetSide } from '../ipset/set-match.ts';
import { accountName } from '../nfacct/accounts.ts';
import { type MatchDraft, parseAddressMatch, parseProtocol, required } from './match-draft.ts';
import { RuleError } from './option-reader.ts';
import { parsePort } from './port-names.ts';
import type { Match } from './rule.ts';

export function ipvs(): MatchDraft {
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

export function nfacct(): MatchDraft {
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

export function set(): MatchDraft {
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
