import type { HeaderTarget } from './header-target.ts';
import { required } from './match-draft.ts';
import { type OptionReader, parseInteger } from './option-reader.ts';
import type { TargetDraft } from './target-parser.ts';
import { parseClass, parseTos } from './traffic-class.ts';

/** A target that one of its options makes. */
function single(
  parse: (option: string, reader: OptionReader) => HeaderTarget | undefined,
  missing: string,
): TargetDraft {
  let target: HeaderTarget | undefined;
  return {
    option(option, reader) {
      const parsed = parse(option, reader);
      target = parsed ?? target;
      return parsed !== undefined;
    },
    finish: () => required(target, missing),
  };
}

export const dscp = (): TargetDraft =>
  single((option, reader) => {
    if (option !== '--set-dscp' && option !== '--set-dscp-class') return undefined;
    const text = reader.value(option);
    return {
      kind: 'DSCP',
      value: option === '--set-dscp' ? parseInteger(text, 0, 63, option) : parseClass(text),
    };
  }, 'DSCP target: Parameter --set-dscp is required');

const TOS_OPTIONS = new Set(['--set-tos', '--and-tos', '--or-tos', '--xor-tos']);

/** All forms come down to value and mask: tos = (tos & ~mask) ^ value (xt_DSCP.c). */
export const tos = (): TargetDraft =>
  single((option, reader) => {
    if (!TOS_OPTIONS.has(option)) return undefined;
    const text = reader.value(option);
    if (option === '--set-tos') return { kind: 'TOS', ...parseTos(text, option) };
    const bits = parseInteger(text, 0, 0xff, option);
    if (option === '--and-tos') return { kind: 'TOS', value: 0, mask: ~bits & 0xff };
    return { kind: 'TOS', value: bits, mask: option === '--or-tos' ? bits : 0 };
  }, 'TOS: An action is required');

const OPERATIONS = ['set', 'inc', 'dec'] as const;

export const hops = (kind: 'TTL' | 'HL'): TargetDraft =>
  single((option, reader) => {
    const operation = OPERATIONS.find((each) => option === `--${kind.toLowerCase()}-${each}`);
    if (operation === undefined) return undefined;
    const value = parseInteger(reader.value(option), operation === 'set' ? 0 : 1, 0xff, option);
    return { kind, operation, value };
  }, `${kind}: You must specify an action`);

/** The largest that leaves room for the headers of an IPv4 packet. */
const MAX_MSS = 0xffff - 20;

export const tcpmss = (): TargetDraft =>
  single((option, reader) => {
    if (option === '--clamp-mss-to-pmtu') return { kind: 'TCPMSS', size: 'path MTU' };
    if (option !== '--set-mss') return undefined;
    return { kind: 'TCPMSS', size: parseInteger(reader.value(option), 0, MAX_MSS, option) };
  }, 'TCPMSS target: At least one parameter is required');
