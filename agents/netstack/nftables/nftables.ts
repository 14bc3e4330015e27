import type { Netns } from '../netns.ts';
import type { ListOptions } from './listing.ts';
import { formatError, NftError } from './nft-error.ts';
import { Ruleset } from './ruleset.ts';
import { Script } from './script.ts';

export interface NftResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface NftOptions extends Partial<Omit<ListOptions, 'now'>> {
  readonly json?: boolean;
  /** Check, change nothing. */
  readonly check?: boolean;
  /** The file that messages name; without it the text is a command line. */
  readonly file?: string;
}

/**
 * nftables of one namespace, families ip, ip6 and inet: takes and prints the text of nft and executes the rules at netfilter's
 * hooks, beside iptables' and with the same connection tracking.
 *
 *     ns.nftables.run('add table ip filter', { file: '/dev/stdin' });
 *     ns.nftables.run('list ruleset').stdout;
 */
export class Nftables {
  readonly #ns: Netns;
  readonly #ruleset: Ruleset;

  constructor(ns: Netns) {
    this.#ns = ns;
    this.#ruleset = new Ruleset(ns);
  }

  /** The rules that packets have been held against, in all. */
  get walked(): number {
    return this.#ruleset.evaluator.walked;
  }

  /** One transaction: all of the text, or nothing. */
  run(text: string, options: NftOptions = {}): NftResult {
    const { handles = false, stateless = false, terse = false, json = false, check = false } = options;
    const listing = { handles, stateless, terse, now: this.#ruleset.now };
    let script: Script | undefined;
    try {
      script = new Script(this.#ruleset, text, listing, json);
      script.run();
      script.transaction.commit();
    } catch (error) {
      script?.transaction.rollBack();
      if (!(error instanceof NftError)) throw error;
      return { exitCode: 1, stdout: '', stderr: formatError(error, text, options.file) };
    }
    if (check) script.transaction.rollBack();
    if (!script.transaction.isEmpty) this.#ns.changed();
    return { exitCode: 0, stdout: script.output, stderr: '' };
  }
}
