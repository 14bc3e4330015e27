import { mask6Of, maskOf } from '../cidr.ts';
import type { IpVersion } from '../ip-address.ts';
import { type MatchDraft, type Mutable, parseAddress, required } from './match-draft.ts';
import { ApplyError, parseInteger, RuleError } from './option-reader.ts';
import type { Match } from './rule.ts';

export function statistic(): MatchDraft {
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

export function recent(version: IpVersion): MatchDraft {
  const match: Partial<Mutable<Extract<Match, { kind: 'recent' }>>> = {};
  return {
    name: 'recent',
    option(option, reader) {
      const action = RECENT_ACTIONS.find((each) => option === `--${each}`);
      if (action) {
        if (match.action)
          throw new RuleError(
            `recent: option "--${match.action}" cannot be used together with "--${action}".\n`,
          );
        match.action = action;
        match.invert = reader.invert;
      } else if (option === '--seconds')
        match.seconds = parseInteger(reader.value(option), 1, 0xffffffff, '--seconds');
      else if (option === '--reap') match.reap = true;
      else if (option === '--hitcount')
        match.hitcount = parseInteger(reader.value(option), 0, 0xff, '--hitcount');
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
      if (match.reap && match.seconds === undefined)
        throw new RuleError('recent: option "--reap" also requires "--seconds".\n');
      // recent_mt_check, net/netfilter/xt_recent.c.
      const isTimed = match.seconds || match.hitcount || match.reap || match.rttl;
      const isUnnamed = match.name !== undefined && (match.name === '' || /^\.{1,2}$|\//.test(match.name));
      if (((action === 'set' || action === 'remove') && isTimed) || isUnnamed)
        throw new ApplyError("Invalid argument. Run `dmesg' for more information.");
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

const DEFAULT_BURST = 5;
const LIMIT_UNITS = ['sec', 'min', 'hour', 'day'] as const;

export function limit(): MatchDraft {
  let count = 3;
  let per: (typeof LIMIT_UNITS)[number] = 'hour';
  let burst = DEFAULT_BURST;
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
    // Of none the kernel makes the usual number (nft_limit_init).
    finish: () => ({ kind: 'limit', count, per, burst: burst || DEFAULT_BURST }),
  };
}
