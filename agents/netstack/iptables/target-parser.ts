import type { NatRange } from '../conntrack/nat.ts';
import type { IpAddress, IpVersion } from '../ip-address.ts';
import * as headers from './header-target-drafts.ts';
import { parseAddress } from './match-draft.ts';
import { type OptionReader, parseInteger, parseMasked, RuleError } from './option-reader.ts';
import { parsePort } from './port-names.ts';
import { REJECT_TYPES, REJECT_TYPES_6, type RejectType, type Target } from './rule.ts';

/** Collects one target's options, as MatchDraft does for matches. */
export interface TargetDraft {
  option(option: string, reader: OptionReader): boolean;
  finish(): Target;
}

const plain = (kind: 'ACCEPT' | 'DROP' | 'RETURN' | 'NOTRACK'): TargetDraft => ({
  option: () => false,
  finish: () => ({ kind }),
});

/** The targets that are not chains; undefined means that `name` must be one. */
export function openTarget(name: string, version: IpVersion): TargetDraft | undefined {
  switch (name) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'NOTRACK':
      return plain(name);
    case 'DNAT':
      return nat('DNAT', '--to-destination');
    case 'SNAT':
      return nat('SNAT', '--to-source');
    case 'MASQUERADE':
    case 'REDIRECT':
      return nat(name, '--to-ports');
    case 'MARK':
      return mark();
    case 'CONNMARK':
      return connmark();
    case 'REJECT':
      return version === 6 ? reject(REJECT_6) : reject(REJECT_4);
    case 'LOG':
      return log();
    case 'NFLOG':
      return nflog();
    case 'CT':
      return ct();
    case 'DSCP':
      return headers.dscp();
    case 'TOS':
      return headers.tos();
    case 'TTL':
    case 'HL':
      return (name === 'HL') === (version === 6) ? headers.hops(name) : undefined;
    case 'TCPMSS':
      return headers.tcpmss();
    default:
      return undefined;
  }
}

function nat(kind: 'DNAT' | 'SNAT' | 'MASQUERADE' | 'REDIRECT', to: string): TargetDraft {
  let range: NatRange = {};
  let given = false;
  return {
    option(option, reader) {
      if (option === to || (to === '--to-ports' && option === '--to-port')) {
        const text = reader.value(option);
        range = {
          ...range,
          ...(to === '--to-ports' ? parsePorts(text) : parseAddressRange(text, reader.version)),
        };
        given = true;
      } else if (option === '--random') range = { ...range, random: true };
      else if (option === '--random-fully') range = { ...range, randomFully: true };
      else if (option === '--persistent') range = { ...range, persistent: true };
      else return false;
      return true;
    },
    finish() {
      if (!given && to !== '--to-ports') throw new RuleError(`${kind}: option "${to}" must be specified\n`);
      return { kind, range };
    },
  };
}

function parsePorts(text: string): NatRange {
  const [low, high] = text.split('-');
  const minPort = parsePort(low!);
  const maxPort = high === undefined ? minPort : parsePort(high);
  if (minPort > maxPort) throw new RuleError(`Port range bad: "${text}"`);
  return { minPort, maxPort };
}

/** `[address[-address]][:port[-port]]`; addresses of IPv6 stand in brackets before a port. */
function parseAddressRange(text: string, version: IpVersion): NatRange {
  const [addresses, portText] = version === 6 ? splitBrackets(text) : splitColon(text);
  const ports = portText === undefined ? {} : parsePorts(portText);
  if (addresses === '') return ports;
  const [low, high] = addresses.split('-');
  const minAddress = address(low!, version);
  const maxAddress = high === undefined ? minAddress : address(high, version);
  if (minAddress > maxAddress) throw new RuleError(`Bad IP range "${addresses}"`);
  return { minAddress, maxAddress, ...ports };
}

function splitColon(text: string): [addresses: string, ports: string | undefined] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function splitBrackets(text: string): [addresses: string, ports: string | undefined] {
  if (!text.startsWith('['))
    return text.startsWith(':') && !text.startsWith('::') ? ['', text.slice(1)] : [text, undefined];
  const end = text.lastIndexOf(']');
  if (end < 0) throw new RuleError(`Invalid address format`);
  const addresses = text.slice(1, end).replace(']-[', '-');
  const rest = text.slice(end + 1);
  return [addresses, rest.startsWith(':') ? rest.slice(1) : undefined];
}

function address(text: string, version: IpVersion): IpAddress {
  const parsed = parseAddress(text, version);
  if (parsed === undefined) throw new RuleError(`Bad IP address "${text}"`);
  return parsed;
}

/** All forms come down to value and mask: mark = (mark & ~mask) ^ value (xt_mark.c). */
function mark(): TargetDraft {
  let target: Target | undefined;
  return {
    option(option, reader) {
      target = parseMark(option, reader) ?? target;
      return MARK_OPTIONS.has(option);
    },
    finish() {
      if (!target)
        throw new RuleError('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required');
      return target;
    },
  };
}

const MARK_OPTIONS = new Set(['--set-xmark', '--set-mark', '--or-mark', '--and-mark', '--xor-mark']);

function parseMark(option: string, reader: OptionReader): Target | undefined {
  if (!MARK_OPTIONS.has(option)) return undefined;
  const { value, mask } = parseMasked(reader.value(option), option);
  switch (option) {
    case '--set-mark':
      return { kind: 'MARK', value, mask: (value | mask) >>> 0 };
    case '--or-mark':
      return { kind: 'MARK', value, mask: value };
    case '--and-mark':
      return { kind: 'MARK', value: 0, mask: ~value >>> 0 };
    case '--xor-mark':
      return { kind: 'MARK', value, mask: 0 };
    default:
      return { kind: 'MARK', value, mask };
  }
}

function connmark(): TargetDraft {
  let operation: 'set' | 'save' | 'restore' | undefined;
  let value = 0;
  let mask = 0xffffffff;
  let nfMask = 0xffffffff;
  let ctMask = 0xffffffff;
  return {
    option(option, reader) {
      if (MARK_OPTIONS.has(option)) {
        const parsed = parseMark(option, reader);
        if (parsed?.kind === 'MARK') ({ value, mask } = parsed);
        operation = 'set';
      } else if (option === '--save-mark') operation = 'save';
      else if (option === '--restore-mark') operation = 'restore';
      else if (option === '--mask')
        nfMask = ctMask = parseInteger(reader.value(option), 0, 0xffffffff, option);
      else if (option === '--nfmask') nfMask = parseInteger(reader.value(option), 0, 0xffffffff, option);
      else if (option === '--ctmask') ctMask = parseInteger(reader.value(option), 0, 0xffffffff, option);
      else return false;
      return true;
    },
    finish() {
      if (!operation) throw new RuleError('CONNMARK target: No operation specified');
      return { kind: 'CONNMARK', operation, value, mask, nfMask, ctMask };
    },
  };
}

const REJECT_ALIASES: Readonly<Record<string, RejectType>> = {
  'net-unreach': 'icmp-net-unreachable',
  'host-unreach': 'icmp-host-unreachable',
  'proto-unreach': 'icmp-proto-unreachable',
  'port-unreach': 'icmp-port-unreachable',
  'net-prohib': 'icmp-net-prohibited',
  'host-prohib': 'icmp-host-prohibited',
  'tcp-rst': 'tcp-reset',
  'admin-prohib': 'icmp-admin-prohibited',
};

interface RejectNames {
  readonly types: readonly RejectType[];
  readonly aliases: Readonly<Record<string, RejectType>>;
  readonly usual: RejectType;
}

const REJECT_4: RejectNames = {
  types: REJECT_TYPES,
  aliases: REJECT_ALIASES,
  usual: 'icmp-port-unreachable',
};
const REJECT_6: RejectNames = {
  types: REJECT_TYPES_6,
  aliases: {
    'no-route': 'icmp6-no-route',
    'adm-prohibited': 'icmp6-adm-prohibited',
    'addr-unreach': 'icmp6-addr-unreachable',
    'port-unreach': 'icmp6-port-unreachable',
    'policy-fail': 'icmp6-policy-fail',
    'reject-route': 'icmp6-reject-route',
  },
  usual: 'icmp6-port-unreachable',
};

function reject({ types, aliases, usual }: RejectNames): TargetDraft {
  let type = usual;
  return {
    option(option, reader) {
      if (option !== '--reject-with') return false;
      const name = reader.value(option);
      const found =
        types.find((each) => each === name) ?? (Object.hasOwn(aliases, name) ? aliases[name] : undefined);
      if (!found) throw new RuleError(`unknown reject type "${name}"`);
      type = found;
      return true;
    },
    finish: () => ({ kind: 'REJECT', with: type }),
  };
}

const LOG_FLAGS = [
  '--log-tcp-sequence',
  '--log-tcp-options',
  '--log-ip-options',
  '--log-uid',
  '--log-macdecode',
];
const LOG_LEVELS = ['emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug'];

function log(): TargetDraft {
  let prefix = '';
  let level = 4;
  const flags = new Set<string>();
  return {
    option(option, reader) {
      if (option === '--log-prefix') {
        // What is too long is cut.
        prefix = reader.value(option).slice(0, 29);
      } else if (option === '--log-level') {
        const text = reader.value(option);
        const named = LOG_LEVELS.indexOf(text);
        level = named >= 0 ? named : parseInteger(text, 0, 7, option);
      } else if (LOG_FLAGS.includes(option)) flags.add(option);
      else return false;
      return true;
    },
    finish: () => ({
      kind: 'LOG',
      prefix,
      level,
      flags: LOG_FLAGS.filter((flag) => flags.has(flag)).map((flag) => flag.slice(2)),
    }),
  };
}

function nflog(): TargetDraft {
  let group = 0;
  let prefix = '';
  let size: number | undefined;
  let oldSize: number | undefined;
  let threshold: number | undefined;
  return {
    option(option, reader) {
      if (option === '--nflog-group') group = parseInteger(reader.value(option), 0, 0xffff, option);
      else if (option === '--nflog-prefix') {
        prefix = reader.value(option);
        if (prefix.length > 63) throw new RuleError('NFLOG: Maximum prefix length 63 for --nflog-prefix');
      } else if (option === '--nflog-size') size = parseInteger(reader.value(option), 0, 0xffffffff, option);
      else if (option === '--nflog-range')
        oldSize = parseInteger(reader.value(option), 0, 0xffffffff, option);
      else if (option === '--nflog-threshold')
        threshold = parseInteger(reader.value(option), 0, 0xffff, option);
      else return false;
      return true;
    },
    finish: () => ({ kind: 'NFLOG', group, prefix, size, oldSize, threshold }),
  };
}

function ct(): TargetDraft {
  let notrack = false;
  return {
    option(option) {
      if (option !== '--notrack') return false;
      notrack = true;
      return true;
    },
    finish: () => ({ kind: 'CT', notrack }),
  };
}
