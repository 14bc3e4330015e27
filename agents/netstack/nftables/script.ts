import { CHAIN_TYPES, HOOKS } from './base-spec.ts';
import type { Chain, Policy } from './chain.ts';
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
import { NftError, REFUSALS, type Span } from './nft-error.ts';
import type { NftSet } from './nft-set.ts';
import { parseElements } from './parse-element.ts';
import { parseSetBlock } from './parse-set.ts';
import { parseRule } from './parse-statement.ts';
import { accept, atEnd, expect, parseComment, parseCount, parseName, skipSeparators } from './parse-value.ts';
import { parsePriority } from './priority.ts';
import type { Ruleset } from './ruleset.ts';
import { Scanner } from './scanner.ts';
import type { Family, Table } from './table.ts';
import { type ChainSpec, Transaction } from './transaction.ts';

const FAMILIES = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'];
const NO_SUCH = 'No such file or directory';

type SetKind = 'set' | 'map';

/** A text of commands, each read and put in force within one transaction. */
export class Script {
  readonly transaction: Transaction;
  output = '';
  readonly #ruleset: Ruleset;
  readonly #scanner: Scanner;
  readonly #options: ListOptions;
  readonly #json: boolean;
  #commandStart = 0;
  #recent: Table | undefined;

  constructor(ruleset: Ruleset, text: string, options: ListOptions, json: boolean) {
    this.#ruleset = ruleset;
    this.transaction = new Transaction(ruleset);
    this.#options = options;
    this.#json = json;
    this.#scanner = new Scanner(text);
  }

  run(): void {
    const scanner = this.#scanner;
    for (;;) {
      skipSeparators(scanner);
      if (scanner.kind === 'end') return;
      this.#commandStart = scanner.start;
      this.#command();
      if (!atEnd(scanner) || scanner.token === '}') throw scanner.unexpected();
    }
  }

  #command(): void {
    const scanner = this.#scanner;
    const verb = scanner.kind === 'word' ? scanner.token : '';
    switch (verb) {
      case 'table':
        return this.#add(false);
      case 'add':
      case 'create':
        scanner.advance();
        return this.#add(verb === 'create');
      case 'insert':
        scanner.advance();
        expect(scanner, 'rule');
        return this.#addRule(true);
      case 'replace':
        scanner.advance();
        expect(scanner, 'rule');
        return this.#replaceRule();
      case 'delete':
      case 'destroy':
        scanner.advance();
        return this.#delete(verb === 'destroy');
      case 'flush':
        scanner.advance();
        return this.#flush();
      case 'list':
        scanner.advance();
        return this.#list();
      case 'get':
        scanner.advance();
        expect(scanner, 'element');
        return this.#getElement();
      default:
        throw scanner.unexpected('string');
    }
  }

  #add(create: boolean): void {
    const scanner = this.#scanner;
    switch (scanner.kind === 'word' ? scanner.token : '') {
      case 'table':
        scanner.advance();
        return this.#addTable(create);
      case 'chain':
        scanner.advance();
        return this.#addChain(create);
      case 'set':
      case 'map':
        return this.#addSet(scanner.take() as SetKind, create);
      case 'element':
        scanner.advance();
        return this.#addElements(create);
      case 'rule':
        scanner.advance();
        return this.#addRule(false);
      default:
        // `add` alone, with a table and a chain, adds a rule.
        return this.#addRule(false);
    }
  }

  // --- where things are

  #family(): Family {
    const scanner = this.#scanner;
    const { token } = scanner;
    if (scanner.kind !== 'word' || !FAMILIES.includes(token)) return 'ip';
    if (token !== 'ip' && token !== 'ip6' && token !== 'inet')
      throw new NftError(REFUSALS.EOPNOTSUPP, scanner.span());
    scanner.advance();
    return token;
  }

  #table(): Table {
    const family = this.#family();
    const span = this.#scanner.span();
    const name = parseName(this.#scanner);
    const { tables } = this.#ruleset;
    // Most commands of a text are about the table of the one before.
    const isSame = this.#recent?.name === name && this.#recent.family === family;
    this.#recent = tables.get(isSame ? this.#recent!.key : `${family} ${name}`);
    return this.#recent ?? fail(NO_SUCH, span);
  }

  #chain(table: Table): Chain {
    const span = this.#scanner.span();
    return table.chains.get(parseName(this.#scanner)) ?? fail(NO_SUCH, span);
  }

  #set(table: Table): NftSet {
    const span = this.#scanner.span();
    return table.sets.get(parseName(this.#scanner)) ?? fail(NO_SUCH, span);
  }

  /** The command so far. */
  #span(): Span {
    return { start: this.#commandStart, end: this.#scanner.previousEnd };
  }

  // --- add

  #addTable(create: boolean): void {
    const scanner = this.#scanner;
    const family = this.#family();
    const span = scanner.span();
    const name = parseName(scanner);
    if (create && this.#ruleset.tables.has(`${family} ${name}`)) throw new NftError(REFUSALS.EEXIST, span);
    if (!accept(scanner, '{')) {
      this.transaction.addTable(family, name, undefined, span);
      return;
    }
    skipSeparators(scanner);
    const comment = accept(scanner, 'comment') ? parseComment(scanner) : undefined;
    this.#tableBlock(this.transaction.addTable(family, name, comment, span));
  }

  /** What refers to chains waits for the end of the block, where all of them are known. */
  #tableBlock(table: Table): void {
    const scanner = this.#scanner;
    const later: (() => void)[] = [];
    for (;;) {
      skipSeparators(scanner);
      if (accept(scanner, '}')) break;
      this.#commandStart = scanner.start;
      if (accept(scanner, 'chain')) this.#chainBlock(table, later);
      else if (scanner.token === 'set' || scanner.token === 'map') {
        const kind = scanner.take() as SetKind;
        this.#declareSet(table, kind, false, later);
      } else throw scanner.unexpected();
    }
    for (const each of later) each();
  }

  #chainBlock(table: Table, later: (() => void)[]): void {
    const scanner = this.#scanner;
    const span = scanner.span();
    const name = parseName(scanner);
    expect(scanner, '{');
    const spec = this.#chainSpec();
    const chain = this.transaction.addChain(table, name, spec, span);
    for (;;) {
      skipSeparators(scanner);
      if (accept(scanner, '}')) return;
      const { start } = scanner;
      const rule = parseRule(scanner, table);
      const ruleSpan = { start, end: scanner.previousEnd };
      later.push(() => this.transaction.addRule(table, chain, rule, undefined, ruleSpan));
    }
  }

  #addChain(create: boolean): void {
    const scanner = this.#scanner;
    const table = this.#table();
    const span = scanner.span();
    const name = parseName(scanner);
    if (create && table.chains.has(name)) throw new NftError(REFUSALS.EEXIST, span);
    let spec: ChainSpec = {};
    if (accept(scanner, '{')) {
      spec = this.#chainSpec();
      skipSeparators(scanner);
      expect(scanner, '}');
    }
    this.transaction.addChain(table, name, spec, spec.base ? this.#span() : span);
  }

  /** The properties at the head of a chain's block. */
  #chainSpec(): ChainSpec {
    const scanner = this.#scanner;
    let spec: ChainSpec = {};
    for (;;) {
      skipSeparators(scanner);
      if (accept(scanner, 'comment')) spec = { ...spec, comment: parseComment(scanner) };
      else if (accept(scanner, 'type')) spec = { ...spec, base: this.#baseSpec() };
      else if (accept(scanner, 'policy')) spec = { ...spec, policy: this.#policy() };
      else return spec;
    }
  }

  #baseSpec(): NonNullable<ChainSpec['base']> {
    const scanner = this.#scanner;
    const type = CHAIN_TYPES.find((each) => each === scanner.token);
    if (!type) throw new NftError(`unknown chain type`, scanner.span());
    scanner.advance();
    expect(scanner, 'hook');
    const hook = HOOKS.find((each) => each === scanner.token);
    if (!hook) {
      const isOther = scanner.token === 'ingress' || scanner.token === 'egress';
      throw new NftError(
        isOther ? 'The ip family does not support this hook' : 'unknown chain hook',
        scanner.span(),
      );
    }
    scanner.advance();
    expect(scanner, 'priority');
    return { type, hook, priority: parsePriority(scanner, hook) };
  }

  #policy(): Policy {
    const { token } = this.#scanner;
    if (token !== 'accept' && token !== 'drop') throw this.#scanner.unexpected('accept or drop');
    this.#scanner.advance();
    return token;
  }

  #addSet(kind: SetKind, create: boolean): void {
    const table = this.#table();
    const later: (() => void)[] = [];
    this.#declareSet(table, kind, create, later);
    for (const each of later) each();
  }

  #declareSet(table: Table, kind: SetKind, create: boolean, later: (() => void)[]): void {
    const scanner = this.#scanner;
    const span = scanner.span();
    const name = parseName(scanner);
    if (create && table.sets.has(name)) throw new NftError(REFUSALS.EEXIST, span);
    const { spec, elements, elementsSpan } = parseSetBlock(scanner, kind === 'map');
    const set = this.transaction.addSet(table, name, spec, span);
    later.push(() => {
      for (const each of elements) this.transaction.addElement(table, set, each, false, elementsSpan);
    });
  }

  #addElements(create: boolean): void {
    const table = this.#table();
    const set = this.#set(table);
    const elements = this.#elements(set);
    const span = this.#span();
    for (const each of elements) this.transaction.addElement(table, set, each, create, span);
  }

  #elements({ spec }: NftSet) {
    return parseElements(this.#scanner, { key: spec.key, data: spec.data, isVerdictMap: spec.isVerdictMap });
  }

  #addRule(first: boolean): void {
    const scanner = this.#scanner;
    const table = this.#table();
    const chain = this.#chain(table);
    let index = first ? 0 : undefined;
    if (accept(scanner, 'index')) index = parseCount(scanner, 1 << 20) + (first ? 0 : 1);
    else if (scanner.token === 'handle' || scanner.token === 'position') {
      scanner.advance();
      const span = scanner.span();
      const handle = parseCount(scanner, Number.MAX_SAFE_INTEGER);
      const at = chain.rules.findIndex((each) => each.handle === handle);
      if (at < 0) throw new NftError(REFUSALS.ENOENT, span);
      index = at + (first ? 0 : 1);
    }
    const rule = parseRule(scanner, table);
    this.transaction.addRule(table, chain, rule, index, this.#span());
  }

  #replaceRule(): void {
    const scanner = this.#scanner;
    const table = this.#table();
    const chain = this.#chain(table);
    expect(scanner, 'handle');
    const span = scanner.span();
    const handle = parseCount(scanner, Number.MAX_SAFE_INTEGER);
    this.transaction.replaceRule(table, chain, handle, parseRule(scanner, table), span);
  }

  // --- delete, flush

  /** `destroy` does not mind what is not there. */
  #delete(isDestroy: boolean): void {
    const scanner = this.#scanner;
    const kind = scanner.kind === 'word' ? scanner.take() : '';
    try {
      this.#deleteObject(kind);
    } catch (error) {
      const isMissing =
        error instanceof NftError && (error.message === NO_SUCH || error.message === REFUSALS.ENOENT);
      if (!isDestroy || !isMissing) throw error;
      while (!atEnd(scanner) || scanner.token === '}') scanner.advance();
    }
  }

  #deleteObject(kind: string): void {
    const scanner = this.#scanner;
    const table = this.#table();
    const span = scanner.span();
    switch (kind) {
      case 'table':
        return this.transaction.deleteTable(table);
      case 'chain': {
        const chain = this.#chain(table);
        if (accept(scanner, '{')) {
          this.#chainSpec();
          expect(scanner, '}');
        }
        return this.transaction.deleteChain(table, chain, span);
      }
      case 'set':
      case 'map':
        return this.transaction.deleteSet(table, this.#set(table), span);
      case 'element': {
        const set = this.#set(table);
        const elements = this.#elements(set);
        for (const each of elements) this.transaction.deleteElement(set, each, this.#span());
        return;
      }
      case 'rule': {
        const chain = this.#chain(table);
        expect(scanner, 'handle');
        const handleSpan = scanner.span();
        return this.transaction.deleteRule(chain, parseCount(scanner, Number.MAX_SAFE_INTEGER), handleSpan);
      }
      default:
        throw scanner.unexpected();
    }
  }

  #flush(): void {
    const scanner = this.#scanner;
    const kind = scanner.kind === 'word' ? scanner.take() : '';
    if (kind === 'ruleset') {
      for (const table of this.#tablesOf()) this.transaction.deleteTable(table);
      return;
    }
    const table = this.#table();
    if (kind === 'table') for (const chain of table.chains.values()) this.transaction.flushChain(chain);
    else if (kind === 'chain') this.transaction.flushChain(this.#chain(table));
    else if (kind === 'set' || kind === 'map') this.transaction.flushSet(this.#set(table));
    else throw scanner.unexpected();
  }

  // --- list

  #list(): void {
    const scanner = this.#scanner;
    const kind = scanner.kind === 'word' ? scanner.take() : '';
    switch (kind) {
      case 'ruleset':
        return this.#listAll(kind);
      case 'tables':
      case 'chains':
      case 'sets':
      case 'maps':
        return this.#listAll(kind);
      case 'table': {
        const table = this.#table();
        this.output += this.#json
          ? jsonListing([jsonTable(table), ...this.#jsonObjects(table)])
          : listTable(table, this.#options);
        return;
      }
      case 'chain': {
        const table = this.#table();
        const chain = this.#chain(table);
        this.output += this.#json
          ? jsonListing([jsonChain(table, chain)])
          : wrap(table, [listChain(chain, this.#options)]);
        return;
      }
      case 'set':
      case 'map': {
        const table = this.#table();
        const span = scanner.span();
        const set = this.#set(table);
        if (set.spec.isMap !== (kind === 'map')) throw new NftError(NO_SUCH, span);
        this.output += this.#json
          ? jsonListing([jsonSet(table, set)])
          : wrap(table, [listSet(set, this.#options)]);
        return;
      }
      default:
        throw scanner.unexpected();
    }
  }

  #listAll(kind: 'ruleset' | 'tables' | 'chains' | 'sets' | 'maps'): void {
    const tables = this.#tablesOf();
    if (this.#json) {
      const objects = tables.flatMap((table) => {
        if (kind === 'tables') return [jsonTable(table)];
        if (kind === 'ruleset') return [jsonTable(table), ...this.#jsonObjects(table)];
        return this.#jsonObjects(table).filter((each) => Object.hasOwn(each, kind.slice(0, -1)));
      });
      this.output += jsonListing(objects);
      return;
    }
    for (const table of tables) this.output += this.#listKind(table, kind);
  }

  /** Those of the family that comes next, or all; other families are there, and empty. */
  #tablesOf(): Table[] {
    const scanner = this.#scanner;
    const tables = inOrder(this.#ruleset.tables.values());
    if (scanner.kind !== 'word' || !FAMILIES.includes(scanner.token)) return tables;
    const family = scanner.take();
    return tables.filter((table) => table.family === family);
  }

  #listKind(table: Table, kind: 'ruleset' | 'tables' | 'chains' | 'sets' | 'maps'): string {
    const options = this.#options;
    switch (kind) {
      case 'ruleset':
        return listTable(table, options);
      case 'tables':
        return `table ${table.key}\n`;
      case 'chains':
        return wrap(
          table,
          inOrder(table.chains.values()).map(
            (chain) => `\tchain ${chain.name} {\n${listChainHead(chain)}\t}\n`,
          ),
        );
      default: {
        const sets = inOrder(table.sets.values()).filter(({ spec }) => spec.isMap === (kind === 'maps'));
        return wrap(
          table,
          sets.map((set) => listSet(set, options)),
        );
      }
    }
  }

  #jsonObjects(table: Table): object[] {
    return [
      ...inOrder(table.sets.values()).map((set) => jsonSet(table, set)),
      ...inOrder(table.chains.values()).map((chain) => jsonChain(table, chain)),
    ];
  }

  #getElement(): void {
    const table = this.#table();
    const set = this.#set(table);
    const { now } = this.#options;
    const found = this.#elements(set).map(
      ({ low }) => set.lookup(set.wordsOf(low), now) ?? fail(REFUSALS.ENOENT, this.#span()),
    );
    const kind = set.spec.isMap ? 'map' : 'set';
    const elements = listElements(set, found, this.#options);
    const head = listSet(set, { ...this.#options, terse: true }).replace(/\t}\n$/, '');
    this.output += wrap(table, [`${head}\t\t${elements}\n\t}\n`.replace(/^\t\w+/, `\t${kind}`)]);
  }
}

function fail(message: string, span: Span): never {
  throw new NftError(message, span);
}
