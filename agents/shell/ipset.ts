import type { SetPlace } from '../netstack/ipset/ip-sets.ts';
import { IpSetError } from '../netstack/ipset/ipset-error.ts';
import { parseEntries } from '../netstack/ipset/parse-entry.ts';
import type { SetEntry } from '../netstack/ipset/set-element.ts';
import { addressWords, SET_TYPES, wordsOf } from '../netstack/ipset/set-type.ts';
import type { Netns } from '../netstack/netns.ts';
import { type Command, type CommandResult, failure, success } from './command.ts';
import { listSet, saveSet } from './ipset-listing.ts';
import { parseCreateOptions, parseElementOptions } from './ipset-options.ts';

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
    const text = options.quiet ? '' : `${VERSION}: ${error.message}\n`;
    return error.code === 'usage' ? failure(2, `${text}${HINT}`) : failure(1, text);
  }
};

const HINT = "Try `ipset help' for more information.\n";

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

/** The words of a line of `ipset restore`; a comment in quotes is one. */
function wordsIn(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

/** Line by line; those before a faulty one stay in force, as with the real tool. */
function restore(ns: Netns, text: string, options: Options): CommandResult {
  for (const [index, line] of text.split('\n').entries()) {
    const { options: own, words } = split(wordsIn(line));
    if (words.length === 0 || words[0] === 'COMMIT' || words[0]?.startsWith('#')) continue;
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
  const { now } = ns.softirq;
  const [word, name = '', third = ''] = words;
  requireArguments(commandOf(word), words.length - 1);
  switch (commandOf(word)) {
    case 'create':
      forgive(options.exist, () => create(ns, name, third, words.slice(3)));
      return success();
    case 'add':
      add(ns, ipsets.require(name), third, words.slice(3), options.exist);
      return success();
    case 'del': {
      const place = ipsets.require(name);
      for (const entry of parseEntries(place.set.type, place.set.options, third))
        forgive(options.exist, () => ipsets.delete(place, entry));
      return success();
    }
    case 'test': {
      const place = ipsets.require(name);
      const [entry] = parseEntries(place.set.type, place.set.options, third);
      if (isIn(place, entry!, now)) return success('', `Warning: ${third} is in set ${name}.\n`);
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
      return success(
        places(ns, name)
          .map((place) => saveSet(place, now))
          .join(''),
      );
    case 'list':
      return list(ns, places(ns, name), options);
    case 'version':
      return success(`${VERSION}, protocol version: 7\n`);
    case '':
      throw new IpSetError('No command specified.', 'usage');
    default:
      throw new IpSetError(`No command specified: unknown argument ${word}`, 'usage');
  }
}

const ARGUMENTS: Readonly<Record<string, number>> = {
  create: 2,
  add: 2,
  del: 2,
  test: 2,
  rename: 2,
  swap: 2,
};

function requireArguments(command: string, given: number): void {
  const wanted = Object.hasOwn(ARGUMENTS, command) ? ARGUMENTS[command]! : 0;
  if (given < wanted)
    throw new IpSetError(
      `Missing ${given === 0 ? '' : 'second '}mandatory argument to command ${command}`,
      'usage',
    );
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
  ipsets.create(name, type, parseCreateOptions(type, words));
}

/** All elements that a text stands for; what stands before a refused one stays. */
function add(
  { ipsets, softirq }: Netns,
  place: SetPlace,
  text: string,
  words: readonly string[],
  exist: boolean,
): void {
  const { type, options } = place.set;
  const entries = parseEntries(type, options, text);
  const { counters, ...rest } = parseElementOptions(type, options, words, softirq.now);
  for (const entry of entries)
    ipsets.add(place, { entry, counters: counters && { ...counters }, ...rest }, exist);
}

/** A whole address is in a set if one of its networks has it; a network only if it is an element itself. */
function isIn({ set }: SetPlace, entry: SetEntry, now: number): boolean {
  const found = isWhole(set, entry) ? set.find(Int32Array.from(entry), now) : set.get(entry, now);
  return found !== undefined && !found.nomatch;
}

function isWhole({ type, options }: SetPlace['set'], entry: SetEntry): boolean {
  const bits = options.version === 6 ? 128 : 32;
  return type.parts.every((part, index) => {
    const at = wordsOf({ parts: type.parts.slice(0, index) }, options.version);
    return part !== 'net' || entry[at + addressWords(options.version)] === bits;
  });
}

function list({ ipsets, softirq }: Netns, of: readonly SetPlace[], options: Options): CommandResult {
  if (options.save) return success(of.map((place) => saveSet(place, softirq.now)).join(''));
  if (options.namesOnly) return success(of.map(({ name }) => `${name}\n`).join(''));
  const blocks = of.map((place) => listSet(place, ipsets.references(place.name), softirq.now, options.terse));
  return success(blocks.join('\n'));
}
