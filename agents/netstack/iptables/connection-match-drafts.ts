import {
  listOf,
  type MatchDraft,
  type Mutable,
  parseHostMatch,
  parseProtocol,
  required,
} from './match-draft.ts';
import { parseMasked, RuleError } from './option-reader.ts';
import { parsePortRange } from './port-names.ts';
import {
  CT_STATES,
  CT_STATUSES,
  type CtPortField,
  type CtState,
  type CtStatus,
  type CtTupleField,
  type Match,
} from './rule.ts';

const CT_ADDRESSES: readonly CtTupleField[] = ['ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst'];
const CT_PORTS: readonly CtPortField[] = ['ctorigsrcport', 'ctorigdstport', 'ctreplsrcport', 'ctrepldstport'];

export function conntrack(): MatchDraft {
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
        const direction = reader.value(option).toUpperCase();
        if (direction !== 'ORIGINAL' && direction !== 'REPLY')
          throw new RuleError(`conntrack: Bad value for "--ctdir" option: "${direction}"`);
        match.direction = direction;
      } else if (CT_ADDRESSES.includes(field as CtTupleField)) {
        const text = reader.value(option);
        match.addresses = [
          ...match.addresses,
          { ...parseHostMatch(text, reader), field: field as CtTupleField },
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

export function state(): MatchDraft {
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

export function mark(kind: 'mark' | 'connmark'): MatchDraft {
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
