import { NftError } from './nft-error.ts';
import { accept, detached, expect, parseCount } from './parse-value.ts';
import type { LogStatement } from './rule.ts';
import type { Scanner } from './scanner.ts';

const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug', 'audit'];
const DEFAULT_LEVEL = 'warn';

/** `log` with its options, in any order. */
export function parseLog(scanner: Scanner): LogStatement {
  const { start } = scanner;
  scanner.advance();
  let log: LogStatement = { kind: 'log', flags: [] };
  for (;;) {
    if (accept(scanner, 'prefix')) log = { ...log, prefix: parsePrefix(scanner) };
    else if (accept(scanner, 'level')) log = { ...log, level: parseLevel(scanner) };
    else if (accept(scanner, 'flags')) log = { ...log, flags: [...log.flags, ...parseFlags(scanner)] };
    else if (accept(scanner, 'group')) log = { ...log, group: parseCount(scanner, 0xffff) };
    else if (accept(scanner, 'snaplen')) log = { ...log, snaplen: parseCount(scanner, 0xffffffff) };
    else if (accept(scanner, 'queue-threshold'))
      log = { ...log, queueThreshold: parseCount(scanner, 0xffff) };
    else break;
  }
  if (log.group !== undefined && (log.level !== undefined || log.flags.length > 0))
    throw new NftError('level and group are mutually exclusive', { start, end: scanner.previousEnd });
  return withoutDefaults(log);
}

/** What says nothing is not kept: the usual level, and what only a group has. */
function withoutDefaults({ level, group, snaplen, queueThreshold, ...log }: LogStatement): LogStatement {
  if (group === undefined) return level === undefined || level === DEFAULT_LEVEL ? log : { ...log, level };
  return {
    ...log,
    group,
    ...(snaplen !== undefined && { snaplen }),
    ...(queueThreshold !== undefined && { queueThreshold }),
  };
}

function parsePrefix(scanner: Scanner): string {
  if (scanner.kind !== 'string' && scanner.kind !== 'word') throw scanner.unexpected('string');
  if (scanner.token.length > 127) throw new NftError('log prefix too long', scanner.span());
  return detached(scanner.take());
}

function parseLevel(scanner: Scanner): string {
  const level = LEVELS.find((each) => each === scanner.token);
  if (level === undefined) throw new NftError('invalid log level', scanner.span());
  scanner.advance();
  return level;
}

/** Of what a log may tell more (NF_LOG_TCPSEQ …), as nft names and orders it. */
const TCP_FLAGS = ['sequence', 'options'] as const;

function parseFlags(scanner: Scanner): string[] {
  if (accept(scanner, 'tcp')) {
    const flags = [parseTcpFlag(scanner)];
    while (accept(scanner, ',')) flags.push(parseTcpFlag(scanner));
    return flags;
  }
  if (accept(scanner, 'ip')) {
    expect(scanner, 'options');
    return ['ip options'];
  }
  const flag = ['skuid', 'ether', 'all'].find((each) => accept(scanner, each));
  if (flag === undefined) throw scanner.unexpected('tcp, ip, skuid, ether or all');
  return flag === 'all' ? ['tcp sequence', 'tcp options', 'ip options', 'skuid', 'ether'] : [flag];
}

function parseTcpFlag(scanner: Scanner): string {
  const flag = TCP_FLAGS.find((each) => accept(scanner, each));
  if (flag === undefined) throw scanner.unexpected('sequence or options');
  return `tcp ${flag}`;
}

export function printLog({ prefix, level, flags, group, snaplen, queueThreshold }: LogStatement): string {
  return [
    'log',
    prefix === undefined ? '' : `prefix "${prefix}"`,
    level === undefined ? '' : `level ${level}`,
    group === undefined ? '' : `group ${group}`,
    snaplen ? `snaplen ${snaplen}` : '',
    queueThreshold ? `queue-threshold ${queueThreshold}` : '',
    printFlags(new Set(flags)),
  ]
    .filter((word) => word !== '')
    .join(' ');
}

function printFlags(flags: ReadonlySet<string>): string {
  if (flags.size === 5) return 'flags all';
  const tcp = TCP_FLAGS.filter((each) => flags.has(`tcp ${each}`));
  return [
    ...(tcp.length > 0 ? [`tcp ${tcp.join(',')}`] : []),
    ...['ip options', 'skuid', 'ether'].filter((each) => flags.has(each)),
  ]
    .map((flag) => `flags ${flag}`)
    .join(' ');
}
