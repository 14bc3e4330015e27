import type { Chain } from './chain.ts';
import { NftError, REFUSALS, type Span } from './nft-error.ts';
import type { NftSet } from './nft-set.ts';
import { parseElements } from './parse-element.ts';
import { parseName } from './parse-value.ts';
import type { ElementSpec } from './rule.ts';
import type { Ruleset } from './ruleset.ts';
import type { Scanner } from './scanner.ts';
import type { Family, Table } from './table.ts';

const FAMILIES = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'];
export const NO_SUCH = 'No such file or directory';

/** Reads names from a text, and finds what has them; what is not there is an error that points at the name. */
export class NamedObjects {
  readonly #ruleset: Ruleset;
  readonly #scanner: Scanner;
  #recent: Table | undefined;

  constructor(ruleset: Ruleset, scanner: Scanner) {
    this.#ruleset = ruleset;
    this.#scanner = scanner;
  }

  /** `ip`, where none is named. */
  family(): Family {
    const { token } = this.#scanner;
    const named = this.anyFamily();
    if (named === undefined) return 'ip';
    if (named === 'ip' || named === 'ip6' || named === 'inet') return named;
    const { previousEnd } = this.#scanner;
    throw new NftError(REFUSALS.EOPNOTSUPP, { start: previousEnd - token.length, end: previousEnd });
  }

  /** Also of families that have no tables here; undefined if none is named. */
  anyFamily(): string | undefined {
    const { kind, token } = this.#scanner;
    if (kind !== 'word' || !FAMILIES.includes(token)) return undefined;
    this.#scanner.advance();
    return token;
  }

  table(): Table {
    const family = this.family();
    const span = this.#scanner.span();
    const name = parseName(this.#scanner);
    const { tables } = this.#ruleset;
    // Most commands of a text are about the table of the one before.
    const isSame = this.#recent?.name === name && this.#recent.family === family;
    this.#recent = tables.get(isSame ? this.#recent!.key : `${family} ${name}`);
    return this.#recent ?? missing(span);
  }

  chain(table: Table): Chain {
    const span = this.#scanner.span();
    return table.chains.get(parseName(this.#scanner)) ?? missing(span);
  }

  set(table: Table): NftSet {
    const span = this.#scanner.span();
    return table.sets.get(parseName(this.#scanner)) ?? missing(span);
  }

  /** `{ element, … }` of a set. */
  elements({ spec }: NftSet): ElementSpec[] {
    const { key, data, isVerdictMap } = spec;
    return parseElements(this.#scanner, { key, data, isVerdictMap });
  }
}

function missing(span: Span): never {
  throw new NftError(NO_SUCH, span);
}
