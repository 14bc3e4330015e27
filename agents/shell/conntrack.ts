import {
  type Connection,
  IPS_ASSURED,
  IPS_DST_NAT,
  IPS_SEEN_REPLY,
  IPS_SRC_NAT,
  type TupleNode,
} from '../netstack/conntrack/connection.ts';
import { formatIp, type IpAddress, parseIp, versionOf } from '../netstack/ip-address.ts';
import type { Netns } from '../netstack/netns.ts';
import {
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
  protocolName,
  protocolNumber,
} from '../netstack/protocol-numbers.ts';
import { type Command, failure, success, UsageError } from './command.ts';

/** What has a tracker of its own, and ports; all else is `unknown`. */
const TRACKED: ReadonlySet<number> = new Set([PROTO_TCP, PROTO_UDP, PROTO_SCTP, PROTO_ICMP, PROTO_ICMPV6]);
const VERSION = 'conntrack v1.4.7 (conntrack-tools)';

type Filter = (connection: Connection) => boolean;

/** `conntrack -L|-D|-F|-C [filters]` of conntrack-tools. */
export const conntrack: Command = (args, _stdin, { ns }) => {
  const action = args.find((arg) => /^(-[LDFC]|--(dump|delete|flush|count))$/.test(arg));
  if (args.includes('-V') || args.includes('--version')) return success(`${VERSION}\n`);
  switch (action) {
    case '-C':
    case '--count':
      return success(`${ns.conntrack.list().length}\n`);
    case '-F':
    case '--flush':
      ns.conntrack.deleteWhere(() => true);
      return success('', `${VERSION}: connection tracking table has been emptied.\n`);
    case '-L':
    case '--dump':
      return list(ns, parseFilters(args));
    case '-D':
    case '--delete':
      return remove(ns, parseFilters(args));
    default:
      throw new UsageError(`${VERSION}: You need to supply a command`, 2);
  }
};

function list(ns: Netns, filters: Filter[]) {
  const lines = ns.conntrack
    .list()
    .filter((each) => filters.every((holds) => holds(each)))
    .map((each) => formatConnection(ns, each));
  return success(
    lines.map((line) => `${line}\n`).join(''),
    `${VERSION}: ${lines.length} flow entries have been shown.\n`,
  );
}

/** Exit code 1 if nothing was deleted, which kube-proxy takes for "none there". */
function remove(ns: Netns, filters: Filter[]) {
  const doomed = ns.conntrack.list().filter((each) => filters.every((holds) => holds(each)));
  const lines = doomed.map((each) => `${formatConnection(ns, each)}\n`).join('');
  for (const connection of doomed) ns.conntrack.delete(connection);
  const summary = `${VERSION}: ${doomed.length} flow entries have been deleted.\n`;
  return doomed.length > 0 ? success(lines, summary) : failure(1, summary);
}

const ADDRESS_OPTIONS: Readonly<Record<string, (connection: Connection) => IpAddress>> = {
  '-s': (c) => c.original.source,
  '--orig-src': (c) => c.original.source,
  '--src': (c) => c.original.source,
  '-d': (c) => c.original.destination,
  '--orig-dst': (c) => c.original.destination,
  '--dst': (c) => c.original.destination,
  '-r': (c) => c.reply.source,
  '--reply-src': (c) => c.reply.source,
  '-q': (c) => c.reply.destination,
  '--reply-dst': (c) => c.reply.destination,
};

const NUMBER_OPTIONS: Readonly<Record<string, (connection: Connection) => number>> = {
  '--sport': (c) => c.original.sourcePort,
  '--orig-port-src': (c) => c.original.sourcePort,
  '--dport': (c) => c.original.destinationPort,
  '--orig-port-dst': (c) => c.original.destinationPort,
  '--reply-port-src': (c) => c.reply.sourcePort,
  '--reply-port-dst': (c) => c.reply.destinationPort,
  '-m': (c) => c.mark,
  '--mark': (c) => c.mark,
};

function parseFilters(args: readonly string[]): Filter[] {
  const filters: Filter[] = [];
  for (let i = 0; i < args.length; i++) {
    const [option, inline] = splitInline(args[i]!);
    const value = (): string => {
      const text = inline ?? args[++i];
      if (text === undefined)
        throw new UsageError(`conntrack: option requires an argument -- '${option}'`, 2);
      return text;
    };
    if (/^(-[LD]|--dump|--delete|-o|--output)$/.test(option)) {
      if (option === '-o' || option === '--output') i++;
    } else if (option === '-f' || option === '--family') {
      const version = value() === 'ipv6' ? 6 : 4;
      filters.push((c) => versionOf(c.original.source) === version);
    } else if (option === '-p' || option === '--proto') {
      const name = value();
      const number = protocolNumber(name) ?? Number(name);
      if (Number.isNaN(number)) throw new UsageError(`${VERSION}: \`${name}' unsupported protocol`, 2);
      filters.push((c) => c.protocol === number);
    } else if (Object.hasOwn(ADDRESS_OPTIONS, option)) {
      const read = ADDRESS_OPTIONS[option]!;
      const address = requireAddress(value());
      filters.push((c) => read(c) === address);
    } else if (Object.hasOwn(NUMBER_OPTIONS, option)) {
      const read = NUMBER_OPTIONS[option]!;
      const number = Number(value());
      filters.push((c) => read(c) === number);
    } else if (option === '-g' || option === '--dst-nat')
      filters.push(natFilter(IPS_DST_NAT, inline ?? optional(args, i)));
    else if (option === '-n' || option === '--src-nat')
      filters.push(natFilter(IPS_SRC_NAT, inline ?? optional(args, i)));
    else if (option.startsWith('-')) throw new UsageError(`conntrack: unrecognized option '${option}'`, 2);
  }
  return filters;
}

function splitInline(arg: string): [string, string | undefined] {
  const at = arg.startsWith('--') ? arg.indexOf('=') : -1;
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}

function optional(args: readonly string[], at: number): string | undefined {
  const next = args[at + 1];
  return next === undefined || next.startsWith('-') ? undefined : next;
}

function natFilter(bit: number, address: string | undefined): Filter {
  const wanted = address === undefined ? undefined : requireAddress(address);
  return (c) => {
    const translated = bit === IPS_DST_NAT ? c.reply.source : c.reply.destination;
    return (c.status & bit) !== 0 && (wanted === undefined || translated === wanted);
  };
}

function requireAddress(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new UsageError(`${VERSION}: Invalid IP address \`${text}'`, 2);
  return address;
}

function nameOf(protocol: number): string {
  if (protocol === PROTO_ICMPV6) return 'icmpv6';
  return TRACKED.has(protocol) ? protocolName(protocol)! : 'unknown';
}

/** One line of `conntrack -L`. */
export function formatConnection(ns: Netns, connection: Connection): string {
  const { protocol, status } = connection;
  const seconds = Math.max(0, Math.floor((connection.expiresAt - ns.clock.now()) / 1000));
  const words = [`${nameOf(protocol).padEnd(8)} ${protocol}`, `${seconds}`];
  const state = ns.conntrack.stateName(connection);
  if (state !== undefined) words.push(state);
  words.push(formatTuple(connection.original));
  if ((status & IPS_SEEN_REPLY) === 0) words.push('[UNREPLIED]');
  words.push(formatTuple(connection.reply));
  if ((status & IPS_ASSURED) !== 0) words.push('[ASSURED]');
  words.push(`mark=${connection.mark}`, 'use=1');
  return words.join(' ');
}

function formatTuple(tuple: TupleNode): string {
  const addresses = `src=${formatIp(tuple.source)} dst=${formatIp(tuple.destination)}`;
  if (tuple.protocol === PROTO_ICMP || tuple.protocol === PROTO_ICMPV6) {
    return `${addresses} type=${tuple.destinationPort >>> 8} code=${tuple.destinationPort & 255} id=${tuple.sourcePort}`;
  }
  const ports = TRACKED.has(tuple.protocol);
  return ports ? `${addresses} sport=${tuple.sourcePort} dport=${tuple.destinationPort}` : addresses;
}
