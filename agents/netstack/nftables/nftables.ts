import { NF_ACCEPT, NF_DROP } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import { runCommand } from './commands.ts';
import { list } from './list-command.ts';
import type { NftChain } from './nft-chain.ts';
import { NftError } from './nft-error.ts';
import type { NftTable } from './nft-table.ts';
import { TokenReader } from './tokens.ts';
import { type Totals, Transaction } from './transaction.ts';

export type NftResult = { readonly ok: true } | { readonly ok: false; readonly error: string };

/**
 * nftables of one namespace: takes the text of `nft -f`, executes the rules at netfilter's hooks beside those of
 * iptables, and lists them as nft does.
 *
 *     const result = ns.nftables.load('add table ip t\nadd chain ip t c { type filter hook forward priority 0; }');
 *     if (!result.ok) console.error(result.error);
 */
export class Nftables {
  readonly #ns: Netns;
  readonly #tables = new Map<string, NftTable>();
  readonly #totals: Totals = { chains: 0, rules: 0, elements: 0, handles: 0 };
  /** Base chains in force, with what takes them out. */
  readonly #hooked = new Map<NftChain, () => void>();

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  tables(): NftTable[] {
    return [...this.#tables.values()];
  }

  table(family: string, name: string): NftTable | undefined {
    return this.#tables.get(`${family} ${name}`);
  }

  /**
   * All of a text or nothing; with `check`, nothing. The error is what nft prints, `source` the name of the text
   * in it.
   */
  load(text: string, { source = '/dev/stdin', check = false } = {}): NftResult {
    const transaction = new Transaction(this.#ns, this.#tables, this.#totals);
    const reader = new TokenReader(text);
    try {
      for (reader.skipEnds(); !reader.done; reader.skipEnds()) runCommand(reader, transaction);
      transaction.checkLoops();
    } catch (error) {
      if (!(error instanceof NftError)) throw error;
      transaction.rollBack();
      return { ok: false, error: explain(error, text, source, reader) };
    }
    if (check) transaction.rollBack();
    this.#hook();
    this.#ns.changed();
    return { ok: true };
  }

  /** The text of `nft list …`; throws NftError for what is not there. */
  list(words: readonly string[], options: { handles: boolean; terse: boolean }): string {
    return list(this.tables(), words, { ...options, now: this.#ns.softirq.now });
  }

  /** Puts new base chains in force and takes out those that are gone. */
  #hook(): void {
    const present = new Set<NftChain>();
    for (const table of this.#tables.values()) {
      for (const chain of table.chains.values()) {
        if (!chain.hook) continue;
        present.add(chain);
        if (!this.#hooked.has(chain)) this.#hooked.set(chain, this.#register(table, chain));
      }
    }
    for (const [chain, unregister] of this.#hooked) {
      if (present.has(chain)) continue;
      unregister();
      this.#hooked.delete(chain);
    }
  }

  #register(table: NftTable, chain: NftChain): () => void {
    const ns = this.#ns;
    const { point, priority, type } = chain.hook!;
    const run: Parameters<typeof ns.nat.register>[2] = (packet, input, output) => {
      if (table.evaluator.evaluate(chain, packet, input, output) === NF_ACCEPT) return NF_ACCEPT;
      ns.drop(packet, 'NETFILTER_DROP');
      return NF_DROP;
    };
    // Rules that ask for a connection find one: Linux turns tracking on with the first of them.
    ns.conntrack.enable();
    if (type === 'nat') return ns.nat.register(point, priority, run);
    return ns.hooks.register(point, priority, `${table.name} ${chain.name}`, run, { perFlow: true });
  }
}

/** The mistake with the line it is in, as nft shows it. */
function explain(error: NftError, text: string, source: string, reader: TokenReader): string {
  const { line, column, length } = reader.here;
  const shown = text.split('\n')[line - 1] ?? '';
  const marks = `${' '.repeat(Math.max(0, column - 1))}${'^'.repeat(length)}`;
  return `${source}:${line}:${column}-${column + length - 1}: Error: ${error.message}\n${shown}\n${marks}\n`;
}
