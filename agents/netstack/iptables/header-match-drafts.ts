import type { AddressRange, HeaderMatch, HopsComparison, PacketTypeName } from './header-match.ts';
import { type MatchDraft, parseAddress, required } from './match-draft.ts';
import { type OptionReader, parseInteger, RuleError } from './option-reader.ts';
import { parseClass, parseTos } from './traffic-class.ts';

/** A match that one of its options makes. */
function single(
  name: HeaderMatch['kind'],
  parse: (option: string, reader: OptionReader) => HeaderMatch | undefined,
  missing: string,
): MatchDraft {
  let match: HeaderMatch | undefined;
  return {
    name,
    option(option, reader) {
      const parsed = parse(option, reader);
      match = parsed ?? match;
      return parsed !== undefined;
    },
    finish: () => required(match, missing),
  };
}

const LONGEST = 0xffff;

export const length = (): MatchDraft =>
  single(
    'length',
    (option, reader) => {
      if (option !== '--length') return undefined;
      const [low, high = low] = reader.value(option).split(':');
      const bound = (text: string, otherwise: number): number =>
        text === '' ? otherwise : parseInteger(text, 0, LONGEST, option);
      return { kind: 'length', invert: reader.invert, low: bound(low!, 0), high: bound(high!, LONGEST) };
    },
    'length: option "--length" must be specified\n',
  );

const COMPARISONS: readonly HopsComparison[] = ['eq', 'lt', 'gt'];

export const hops = (kind: 'ttl' | 'hl'): MatchDraft =>
  single(
    kind,
    (option, reader) => {
      const comparison =
        option === `--${kind}` ? 'eq' : COMPARISONS.find((each) => option === `--${kind}-${each}`);
      if (comparison === undefined) return undefined;
      const value = parseInteger(reader.value(option), 0, 0xff, option);
      const { invert } = reader;
      if (invert && comparison !== 'eq')
        throw new RuleError(`${kind}: option "${option}" cannot be inverted.\n`);
      return { kind, invert, comparison, value };
    },
    `${kind.toUpperCase()} match: You must specify one of \`--${kind}-eq', \`--${kind}-lt', \`--${kind}-gt'`,
  );

export const dscp = (): MatchDraft =>
  single(
    'dscp',
    (option, reader) => {
      if (option !== '--dscp' && option !== '--dscp-class') return undefined;
      const text = reader.value(option);
      const value = option === '--dscp' ? parseInteger(text, 0, 63, option) : parseClass(text);
      return { kind: 'dscp', invert: reader.invert, value };
    },
    'DSCP match: Parameter --dscp is required',
  );

export const tos = (): MatchDraft =>
  single(
    'tos',
    (option, reader) => {
      if (option !== '--tos') return undefined;
      const parsed = parseTos(reader.value(option), option);
      return { kind: 'tos', invert: reader.invert, ...parsed };
    },
    'tos: option "--tos" must be specified\n',
  );

const TYPE_NAMES: Readonly<Record<string, PacketTypeName>> = {
  unicast: 'unicast',
  host: 'unicast',
  broadcast: 'broadcast',
  bcast: 'broadcast',
  multicast: 'multicast',
  mcast: 'multicast',
};

export const pkttype = (): MatchDraft =>
  single(
    'pkttype',
    (option, reader) => {
      if (option !== '--pkt-type') return undefined;
      const name = reader.value(option).toLowerCase();
      if (!Object.hasOwn(TYPE_NAMES, name)) throw new RuleError(`Bad packet type '${name}'`);
      return { kind: 'pkttype', invert: reader.invert, type: TYPE_NAMES[name]! };
    },
    'pkttype: option "--pkt-type" must be specified\n',
  );

export function iprange(): MatchDraft {
  const ranges: { source?: AddressRange; destination?: AddressRange } = {};
  return {
    name: 'iprange',
    option(option, reader) {
      if (option === '--src-range') ranges.source = parseRange(option, reader);
      else if (option === '--dst-range') ranges.destination = parseRange(option, reader);
      else return false;
      return true;
    },
    finish() {
      if (!ranges.source && !ranges.destination)
        throw new RuleError("iprange match: You must specify `--src-range' or `--dst-range'");
      return { kind: 'iprange', ...ranges };
    },
  };
}

function parseRange(option: string, reader: OptionReader): AddressRange {
  const text = reader.value(option);
  const [low, high = low] = text.split('-').map((each) => {
    const message = `iprange: Bad value for "${option}" option: "${each}"`;
    return required(parseAddress(each, reader.version), message);
  });
  return { invert: reader.invert, low: low!, high: high! };
}
