import type { NftOptions } from '../netstack/nftables/nftables.ts';
import { type Command, failure, success } from './command.ts';

const FLAGS: Readonly<Record<string, NftOptions>> = {
  '-a': { handles: true },
  '--handle': { handles: true },
  '-s': { stateless: true },
  '--stateless': { stateless: true },
  '-t': { terse: true },
  '--terse': { terse: true },
  '-j': { json: true },
  '--json': { json: true },
  '-c': { check: true },
  '--check': { check: true },
};

/** `nft [options] command…`, or `nft -f -` with the commands on standard input; a file is not to be had here. */
export const nft: Command = (args, stdin, { ns }) => {
  let options: NftOptions = {};
  let at = 0;
  for (; args[at]?.startsWith('-'); at++) {
    const arg = args[at]!;
    if (arg === '-v' || arg === '--version') return success('nftables v1.0.6 (Lester Gooch #5)\n');
    if (arg === '-f' || arg === '--file') {
      const file = args[++at];
      if (file !== '-' && file !== '/dev/stdin') {
        return failure(
          1,
          `internal:0:0-0: Error: Could not open file "${file ?? ''}": No such file or directory\n`,
        );
      }
      options = { ...options, file: '/dev/stdin' };
    } else if (Object.hasOwn(FLAGS, arg)) options = { ...options, ...FLAGS[arg] };
    else return failure(1, `nft: invalid option -- '${arg.replace(/^-+/, '')}'\n`);
  }
  return ns.nftables.run(options.file === undefined ? args.slice(at).join(' ') : stdin, options);
};
