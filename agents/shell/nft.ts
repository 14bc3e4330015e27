import { NftError } from '../netstack/nftables/nft-error.ts';
import { type Command, failure, success, UsageError } from './command.ts';

/**
 * `nft -f -`, `nft -c -f -`, `nft [-a] [-t] list …`, and single commands such as `nft add element ip t s { 1 }`.
 * Files are read from standard input, which `-f -` or `-f /dev/stdin` names.
 */
export const nft: Command = (args, stdin, { ns }) => {
  const { options, words } = split(args);
  if (options.has('-j')) throw new UsageError('Error: JSON support not compiled-in');
  if (options.has('-v')) return success('nftables v1.0.6 (podwire)\n');
  const check = options.has('-c');
  if (options.has('-f')) return done(ns.nftables.load(stdin, { check }));
  if (words[0] !== 'list') return done(ns.nftables.load(words.join(' '), { check, source: 'Error' }));
  try {
    const listed = ns.nftables.list(words.slice(1), { handles: options.has('-a'), terse: options.has('-t') });
    return success(listed);
  } catch (error) {
    if (!(error instanceof NftError)) throw error;
    return failure(1, `Error: ${error.message}\nnft ${words.join(' ')}\n`);
  }
};

function done(result: { readonly ok: true } | { readonly ok: false; readonly error: string }) {
  return result.ok ? success() : failure(1, result.error);
}

const LONG: Readonly<Record<string, string>> = {
  '--file': '-f',
  '--check': '-c',
  '--handle': '-a',
  '--terse': '-t',
  '--json': '-j',
  '--version': '-v',
  '--numeric': '-n',
  '--stateless': '-s',
};

function split(args: readonly string[]): { options: ReadonlySet<string>; words: readonly string[] } {
  const options = new Set<string>();
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    const isOption = words.length === 0 && /^-/.test(word);
    if (!isOption) {
      words.push(word);
      continue;
    }
    const short = LONG[word] ?? word;
    for (const letter of short.slice(1)) {
      if (!'fcatjvns'.includes(letter)) throw new UsageError(`nft: unrecognized option '${word}'`);
      options.add(`-${letter}`);
    }
    if (short.endsWith('f')) {
      const file = args[++i];
      if (file !== '-' && file !== '/dev/stdin')
        throw new UsageError(`Error: Could not open file "${file ?? ''}": only standard input is at hand`);
    }
  }
  return { options, words };
}
