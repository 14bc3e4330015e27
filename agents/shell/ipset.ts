import type { IpSet, IpSetOptions } from '../netstack/ipset/ip-set.ts';
import type { SetPlace } from '../netstack/ipset/ip-sets.ts';
import { IpSetError } from '../netstack/ipset/ipset-error.ts';
import { formatEntry, parseEntry, parsePort } from '../netstack/ipset/set-entry.ts';
import { SET_TYPES } from '../netstack/ipset/set-type.ts';
import type { Netns } from '../netstack/netns.ts';
import { type Command, type CommandResult, failure, success } from './command.ts';

const VERSION = 'ipset v7.17';

interface Options {
  /** What is there already, or is not, is no mistake. */
  readonly exist: boolean;
  readonly quiet: boolean;
  readonly namesOnly: boolean;
  readonly terse: boolean;
  readonly save: boolean;
}

const COMMANDS: Readonly<Record<string, string>> = {
  '-N': 'create',
  new: 'create',
  '-A': 'add',
  '-D': 'del',
  '-T': 'test',
  '-X': 'destroy',
  '-L': 'list',
  '-S': 'save',
  '-R': 'restore',
  '-F': 'flush',
  '-E': 'rename',
  '-W': 'swap',
  '-V': 'version',
  '-v': 'version',
};

/** `ipset create|add|del|test|list|save|restore|flush|destroy|rename|swap`. */
export const ipset: Command = (args, stdin, { ns }) => {
  const { options, words } = split(args);
  try {
    if (commandOf(words[0]) === 'restore') return restore(ns, stdin, options);
    return run(ns, words, options);
  } catch (error) {
    if (!(error instanceof IpSetError)) throw error;
    return failure(1, options.quiet ? '' : `${VERSION}: ${error.message}\n`);
  }
};

const commandOf = (word = ''): string => (Object.hasOwn(COMMANDS, word) ? COMMANDS[word]! : word);

function split(args: readonly string[]): { options: Options; words: string[] } {
  const words: string[] = [];
  let options: Options = { exist: false, quiet: false, namesOnly: false, terse: false, save: false };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-exist' || arg === '-!') options = { ...options, exist: true };
    else if (arg === '-q' || arg === '-quiet') options = { ...options, quiet: true };
    else if (arg === '-n' || arg === '-name') options = { ...options, namesOnly: true };
    else if (arg === '-t' || arg === '-terse') options = { ...options, terse: true };
    else if (arg === '-o' || arg === '-output') options = { ...options, save: args[++i] === 'save' };
    else words.push(arg);
  }
  return { options, words };
}

/** Line by line; those before a faulty one stay in force, as with the real tool. */
function restore(ns: Netns, text: string, options: Options): CommandResult {
  for (const [index, line] of text.split('\n').entries()) {
    const { options: own, words } = split(line.trim().split(/\s+/));
    if (words[0] === '' || words[0] === 'COMMIT' || words[0]?.startsWith('#')) continue;
    try {
      run(ns, words, { ...options, exist: options.exist || own.exist });
    } catch (error) {
      if (!(error instanceof IpSetError)) throw error;
      return failure(1, `${VERSION}: Error in line ${index + 1}: ${error.message}\n`);
    }
  }
  return success();
}

function run(ns: Netns, words: readonly string[], options: Options): CommandResult {
  const { ipsets } = ns;
  const [word, name = '', third = ''] = words;
  switch (commandOf(word)) {
    case 'create':
      forgive(options.exist, () => create(ns, name, third, words.slice(3)));
      return success();
    case 'add':
    case 'del': {
      const place = ipsets.require(name);
      const entry = parseEntry(place.set.type, place.set.options.version, third);
      forgive(options.exist, () =>
        commandOf(word) === 'add' ? ipsets.add(place, entry) : ipsets.delete(place, entry),
      );
      return success();
    }
    case 'test': {
      const { set } = ipsets.require(name);
      const isIn = set.has(parseEntry(set.type, set.options.version, third));
      if (isIn) return success('', `Warning: ${third} is in set ${name}.\n`);
      return failure(1, `${third} is NOT in set ${name}.\n`);
    }
    case 'destroy':
      for (const place of places(ns, name)) ipsets.destroy(place);
      return success();
    case 'flush':
      for (const place of places(ns, name)) ipsets.flush(place);
      return success();
    case 'rename':
      ipsets.rename(ipsets.require(name), third);
      return success();
    case 'swap':
      ipsets.swap(ipsets.require(name), ipsets.require(third));
      return success();
    case 'save':
      return success(places(ns, name).map(save).join(''));
    case 'list':
      return list(ns, places(ns, name), options);
    case 'version':
      return success(`${VERSION}, protocol version: 7\n`);
    default:
      return failure(
        2,
        `${VERSION}: No command specified: unknown argument ${word ?? ''}\nTry \`ipset help' for more information.\n`,
      );
  }
}

function forgive(exist: boolean, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!exist || !(error instanceof IpSetError) || error.code !== 'exists') throw error;
  }
}

/** The one of that name, or all. */
function places({ ipsets }: Netns, name: string): SetPlace[] {
  return name === '' ? ipsets.all() : [ipsets.require(name)];
}

function create({ ipsets }: Netns, name: string, typeName: string, words: readonly string[]): void {
  const type = SET_TYPES.find((each) => each.name === typeName);
  if (!type) throw new IpSetError(`Syntax error: typename '${typeName}' is unknown`);
  let options: IpSetOptions = { hashSize: 1024, maxElements: 65536, low: 0, high: 65535, version: 4 };
  for (let i = 0; i < words.length; i += 2) {
    const [key, value = ''] = [words[i]!, words[i + 1]];
    if (key === 'family') {
      if (value !== 'inet' && value !== 'inet6')
        throw new IpSetError(`Syntax error: unknown INET family ${value}`);
      options = { ...options, version: value === 'inet6' ? 6 : 4 };
    } else if (key === 'hashsize') options = { ...options, hashSize: count(value) };
    else if (key === 'maxelem') options = { ...options, maxElements: count(value) };
    else if (key === 'range' && type.isBitmap) {
      const [low = '', high = low] = value.split('-');
      options = { ...options, low: parsePort(low), high: parsePort(high) };
    } else if (key !== 'bucketsize' && key !== 'initval') throw new IpSetError(`Unknown argument: \`${key}'`);
  }
  ipsets.create(name, type, options);
}

function count(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new IpSetError(`Syntax error: '${text}' is invalid as number`);
  return Number(text);
}

function header({ type, options, seed }: IpSet): string {
  if (type.isBitmap) return `range ${options.low}-${options.high}`;
  const { hashSize, maxElements } = options;
  return `family ${options.version === 6 ? 'inet6' : 'inet'} hashsize ${hashSize} maxelem ${maxElements} bucketsize 12 initval 0x${seed.toString(16).padStart(8, '0')}`;
}

function save({ name, set }: SetPlace): string {
  const lines = set
    .entries()
    .map((entry) => `add ${name} ${formatEntry(set.type, set.options.version, entry)}\n`);
  return `create ${name} ${set.type.name} ${header(set)}\n${lines.join('')}`;
}

function list({ ipsets }: Netns, of: readonly SetPlace[], options: Options): CommandResult {
  if (options.save) return success(of.map(save).join(''));
  if (options.namesOnly) return success(of.map(({ name }) => `${name}\n`).join(''));
  const blocks = of.map(({ name, set }) => {
    const lines = [
      `Name: ${name}`,
      `Type: ${set.type.name}`,
      `Revision: ${set.type.revision}`,
      `Header: ${header(set)}`,
      `Size in memory: ${memoryOf(set)}`,
      `References: ${ipsets.references(name)}`,
      `Number of entries: ${set.size}`,
    ];
    if (!options.terse)
      lines.push(
        'Members:',
        ...set.entries().map((each) => formatEntry(set.type, set.options.version, each)),
      );
    return `${lines.join('\n')}\n`;
  });
  return success(blocks.join('\n'));
}

/** About what the kernel says: a header and, for each element, its share of a bucket. */
function memoryOf({ type, size }: IpSet): number {
  return type.isBitmap ? 8264 : 216 + 48 * size;
}
