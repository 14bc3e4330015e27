import { CHAIN_TYPES, HOOKS } from './base-spec.ts';
import type { Policy } from './chain.ts';
import { ListCommand } from './list-command.ts';
import type { ListOptions } from './listing.ts';
import { NamedObjects, NO_SUCH } from './named-objects.ts';
import { NftError, REFUSALS, type Span } from './nft-error.ts';
import { parseSetBlock } from './parse-set.ts';
import { parseRule } from './parse-statement.ts';
import { accept, atEnd, expect, parseComment, parseCount, parseName, skipSeparators } from './parse-value.ts';
import { parsePriority } from './priority.ts';
import type { Ruleset } from './ruleset.ts';
import { Scanner } from './scanner.ts';
import type { Table } from './table.ts';
import { type ChainSpec, Transaction } from './transaction.ts';

type SetKind = 'set' | 'map';

/** A text of commands, each read and put in force within one transaction. */
export class Script {
  readonly transaction: Transaction;
  output = '';
  readonly #ruleset: Ruleset;
  readonly #scanner: Scanner;
  readonly #names: NamedObjects;
  readonly #lists: ListCommand;
  #commandStart = 0;

  constructor(ruleset: Ruleset, text: string, options: ListOptions, json: boolean) {
    this.#ruleset = ruleset;
    this.transaction = new Transaction(ruleset);
    this.#scanner = new Scanner(text);
    this.#names = new NamedObjects(ruleset, this.#scanner);
    this.#lists = new ListCommand(ruleset, this.#scanner, options, json);
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
      case 'rename': {
        scanner.advance();
        expect(scanner, 'chain');
        const table = this.#names.table();
        const chain = this.#names.chain(table);
        return this.transaction.renameChain(table, chain, parseName(scanner), this.#span());
      }
      case 'flush':
        scanner.advance();
        return this.#flush();
      case 'list':
        scanner.advance();
        this.output += this.#lists.list();
        return;
      case 'get':
        scanner.advance();
        expect(scanner, 'element');
        this.output += this.#lists.get();
        return;
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

  /** The command so far. */
  #span(): Span {
    return { start: this.#commandStart, end: this.#scanner.previousEnd };
  }

  // --- add

  #addTable(create: boolean): void {
    const scanner = this.#scanner;
    const family = this.#names.family();
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
    const table = this.#names.table();
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
    const table = this.#names.table();
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
    const table = this.#names.table();
    const set = this.#names.set(table);
    const elements = this.#names.elements(set);
    const span = this.#span();
    for (const each of elements) this.transaction.addElement(table, set, each, create, span);
  }

  #addRule(first: boolean): void {
    const scanner = this.#scanner;
    const table = this.#names.table();
    const chain = this.#names.chain(table);
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
    const table = this.#names.table();
    const chain = this.#names.chain(table);
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
    const table = this.#names.table();
    const span = scanner.span();
    switch (kind) {
      case 'table':
        return this.transaction.deleteTable(table);
      case 'chain': {
        const chain = this.#names.chain(table);
        if (accept(scanner, '{')) {
          this.#chainSpec();
          expect(scanner, '}');
        }
        return this.transaction.deleteChain(table, chain, span);
      }
      case 'set':
      case 'map':
        return this.transaction.deleteSet(table, this.#names.set(table), span);
      case 'element': {
        const set = this.#names.set(table);
        const elements = this.#names.elements(set);
        for (const each of elements) this.transaction.deleteElement(set, each, this.#span());
        return;
      }
      case 'rule': {
        const chain = this.#names.chain(table);
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
      const family = this.#names.anyFamily();
      for (const table of [...this.#ruleset.tables.values()])
        if (family === undefined || family === table.family) this.transaction.deleteTable(table);
      return;
    }
    const table = this.#names.table();
    if (kind === 'table') for (const chain of table.chains.values()) this.transaction.flushChain(chain);
    else if (kind === 'chain') this.transaction.flushChain(this.#names.chain(table));
    else if (kind === 'set' || kind === 'map') this.transaction.flushSet(this.#names.set(table));
    else throw scanner.unexpected();
  }
}
