import { jsonChain, jsonListing, jsonSet, jsonTable } from './json-listing.ts';
import {
  inOrder,
  type ListOptions,
  listChain,
  listChainHead,
  listElements,
  listSet,
  listTable,
  wrap,
} from './listing.ts';
import { NamedObjects, NO_SUCH } from './named-objects.ts';
import { NftError, REFUSALS } from './nft-error.ts';
import type { Ruleset } from './ruleset.ts';
import type { Scanner } from './scanner.ts';
import type { Table } from './table.ts';

/** The kinds that are listed without a name. */
const ALL = ['ruleset', 'tables', 'chains', 'sets', 'maps'] as const;
type Kind = (typeof ALL)[number];

/** Answers `list` and `get`, after that word, in nft's own text or in JSON. */
export class ListCommand {
  readonly #ruleset: Ruleset;
  readonly #scanner: Scanner;
  readonly #names: NamedObjects;
  readonly #options: ListOptions;
  readonly #json: boolean;

  constructor(ruleset: Ruleset, scanner: Scanner, options: ListOptions, json: boolean) {
    this.#ruleset = ruleset;
    this.#scanner = scanner;
    this.#names = new NamedObjects(ruleset, scanner);
    this.#options = options;
    this.#json = json;
  }

  list(): string {
    const scanner = this.#scanner;
    const word = scanner.kind === 'word' ? scanner.take() : '';
    const kind = ALL.find((each) => each === word);
    if (kind !== undefined) return this.#listAll(kind);
    switch (word) {
      case 'table': {
        const table = this.#names.table();
        if (this.#json) return jsonListing([jsonTable(table), ...jsonObjects(table)]);
        return listTable(table, this.#options);
      }
      case 'chain': {
        const table = this.#names.table();
        const chain = this.#names.chain(table);
        if (this.#json) return jsonListing([jsonChain(table, chain)]);
        return wrap(table, [listChain(chain, this.#options)]);
      }
      case 'set':
      case 'map':
        return this.#listSet(word);
      default:
        throw scanner.unexpected();
    }
  }

  /** `get element TABLE SET { … }`. */
  get(): string {
    const start = this.#scanner.previousEnd;
    const table = this.#names.table();
    const set = this.#names.set(table);
    const { now } = this.#options;
    const found = this.#names.elements(set).map(({ low }) => {
      const element = set.lookup(set.wordsOf(low), now);
      if (element === undefined)
        throw new NftError(REFUSALS.ENOENT, { start: start + 1, end: this.#scanner.previousEnd });
      return element;
    });
    const kind = set.spec.isMap ? 'map' : 'set';
    const elements = listElements(set, found, this.#options);
    const head = listSet(set, { ...this.#options, terse: true }).replace(/\t}\n$/, '');
    return wrap(table, [`${head}\t\t${elements}\n\t}\n`.replace(/^\t\w+/, `\t${kind}`)]);
  }

  #listSet(kind: 'set' | 'map'): string {
    const table = this.#names.table();
    const span = this.#scanner.span();
    const set = this.#names.set(table);
    if (set.spec.isMap !== (kind === 'map')) throw new NftError(NO_SUCH, span);
    if (this.#json) return jsonListing([jsonSet(table, set)]);
    return wrap(table, [listSet(set, this.#options)]);
  }

  #listAll(kind: Kind): string {
    const tables = this.#tables();
    if (!this.#json) return tables.map((table) => this.#listKind(table, kind)).join('');
    const objects = tables.flatMap((table) => {
      if (kind === 'tables') return [jsonTable(table)];
      if (kind === 'ruleset') return [jsonTable(table), ...jsonObjects(table)];
      return jsonObjects(table).filter((each) => Object.hasOwn(each, kind.slice(0, -1)));
    });
    return jsonListing(objects);
  }

  /** Those of the family that comes next, or all; other families are there, and empty. */
  #tables(): Table[] {
    const tables = inOrder(this.#ruleset.tables.values());
    const family = this.#names.anyFamily();
    return family === undefined ? tables : tables.filter((table) => table.family === family);
  }

  #listKind(table: Table, kind: Kind): string {
    switch (kind) {
      case 'ruleset':
        return listTable(table, this.#options);
      case 'tables':
        return `table ${table.key}\n`;
      case 'chains':
        return wrap(
          table,
          inOrder(table.chains.values()).map(
            (chain) => `\tchain ${chain.name} {\n${listChainHead(chain)}\t}\n`,
          ),
        );
      case 'sets':
      case 'maps': {
        const sets = inOrder(table.sets.values()).filter(({ spec }) => spec.isMap === (kind === 'maps'));
        return wrap(
          table,
          sets.map((set) => listSet(set, this.#options)),
        );
      }
    }
  }
}

function jsonObjects(table: Table): object[] {
  return [
    ...inOrder(table.sets.values()).map((set) => jsonSet(table, set)),
    ...inOrder(table.chains.values()).map((chain) => jsonChain(table, chain)),
  ];
}
