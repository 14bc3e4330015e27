import { type DataType, dataType } from './data-type.ts';
import { parseNftDuration } from './duration.ts';
import { readElements } from './elements.ts';
import type { BaseHook, NftChain } from './nft-chain.ts';
import { NftError, UNSUPPORTED } from './nft-error.ts';
import type { SetDeclaration } from './nft-set.ts';
import type { Family, NftTable } from './nft-table.ts';
import { parsePoint, parsePriority } from './priority.ts';
import { readRule } from './rule-parser.ts';
import { END, type TokenReader } from './tokens.ts';
import type { Transaction } from './transaction.ts';
import { readKey } from './values.ts';

const FAMILIES = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'];

/** The verbs that change something; `nft list` is not one of them. */
const VERBS = ['add', 'create', 'insert', 'replace', 'delete', 'destroy', 'flush'] as const;
type Verb = (typeof VERBS)[number];

/** Reads one command and does it. The reader stands behind its line's end afterwards. */
export function runCommand(reader: TokenReader, transaction: Transaction): void {
  const command = new CommandReader(reader, transaction);
  if (reader.peek() === 'table') command.tableBlock();
  else command.run();
  if (!reader.done) reader.expect(END);
}

/** Elements of a dynamic set if nothing else is said, as nft says for it. */
const DYNAMIC_SIZE = 65_535;

interface ChainOptions {
  readonly hook?: BaseHook;
  readonly policy?: 'accept' | 'drop';
  readonly comment?: string;
}

class CommandReader {
  readonly #reader: TokenReader;
  readonly #transaction: Transaction;

  constructor(reader: TokenReader, transaction: Transaction) {
    this.#reader = reader;
    this.#transaction = transaction;
  }

  run(): void {
    const reader = this.#reader;
    const word = reader.peek() ?? '';
    const verb = VERBS.find((each) => each === word);
    if (!verb) throw reader.unexpected('a command');
    reader.word('');
    const object = reader.peek() ?? '';
    switch (object) {
      case 'table':
        reader.word('');
        return this.#table(verb);
      case 'chain':
        reader.word('');
        return this.#chain(verb);
      case 'rule':
        reader.word('');
        return this.#rule(verb);
      case 'set':
      case 'map':
        reader.word('');
        return this.#set(verb, object);
      case 'element':
        reader.word('');
        return this.#element(verb);
      case 'ruleset':
        reader.word('');
        return this.#ruleset(verb);
      default:
        // `add ip t c …` is a rule.
        return this.#rule(verb);
    }
  }

  /** `table ip t { … }`, as `nft list` prints it. */
  tableBlock(): void {
    const reader = this.#reader;
    reader.expect('table');
    const [family, name] = this.#tableName();
    const table = this.#transaction.addTable(family, name, { isNew: false });
    if (!reader.take('{')) return;
    // Rules and elements may name what comes later in the block.
    reader.ahead(() => this.#blockParts(table, true));
    this.#blockParts(table, false);
  }

  /** All of a table's block; its chains and sets alone, without what is in them, if `isDeclaring`. */
  #blockParts(table: NftTable, isDeclaring: boolean): void {
    const reader = this.#reader;
    reader.skipEnds();
    while (!reader.take('}')) {
      if (reader.take('chain')) this.#chainBlock(table, isDeclaring);
      else if (reader.peek() === 'set' || reader.peek() === 'map')
        this.#setBlock(table, reader.word(''), { isDeclaring });
      else if (reader.take('comment')) table.comment = reader.word('a comment');
      else if (reader.take('flags')) reader.word('a flag');
      else throw reader.unexpected('chain, set or map');
      reader.skipEnds();
    }
  }

  #table(verb: Verb): void {
    const reader = this.#reader;
    const [family, name] = this.#tableName();
    const isNew = verb === 'create';
    if (verb === 'add' || isNew) {
      let comment: string | undefined;
      if (reader.take('{')) {
        reader.skipEnds();
        while (!reader.take('}')) {
          if (reader.take('comment')) comment = reader.word('a comment');
          else if (reader.take('flags')) reader.word('a flag');
          else throw reader.unexpected('comment or flags');
          reader.skipEnds();
        }
      }
      this.#transaction.addTable(family, name, { isNew, ...(comment === undefined ? {} : { comment }) });
      return;
    }
    this.#unless(verb === 'destroy', () => {
      const table = this.#transaction.table(family, name);
      if (verb === 'flush') this.#transaction.flushTable(table);
      else if (verb === 'delete' || verb === 'destroy') this.#transaction.deleteTable(table);
      else throw this.#reader.unexpected('a command for tables');
    });
  }

  #chain(verb: Verb): void {
    const transaction = this.#transaction;
    const table = this.#existing(verb);
    if (!table) return this.#skip();
    const name = this.#reader.word('a chain');
    if (verb === 'add' || verb === 'create') {
      transaction.addChain(table, name, { isNew: verb === 'create', ...this.#chainOptions() });
      return;
    }
    this.#unless(verb === 'destroy', () => {
      const chain = transaction.chain(table, name);
      if (verb === 'flush') transaction.flushChain(chain);
      else if (verb === 'delete' || verb === 'destroy') transaction.deleteChain(table, chain);
      else throw this.#reader.unexpected('a command for chains');
    });
  }

  #chainBlock(table: NftTable, isDeclaring: boolean): void {
    const reader = this.#reader;
    const name = reader.word('a chain');
    reader.expect('{');
    reader.skipEnds();
    const options = this.#readChainOptions();
    if (isDeclaring) {
      this.#transaction.addChain(table, name, { isNew: false, ...options });
      return reader.skipBlock();
    }
    const chain = this.#transaction.chain(table, name);
    while (!reader.take('}')) {
      this.#appendRule(table, chain);
      reader.skipEnds();
    }
  }

  #chainOptions(): ChainOptions {
    const reader = this.#reader;
    if (!reader.take('{')) return {};
    reader.skipEnds();
    const options = this.#readChainOptions();
    reader.expect('}');
    return options;
  }

  /** Up to the first rule, or the block's end. */
  #readChainOptions(): ChainOptions {
    const reader = this.#reader;
    let options: ChainOptions = {};
    for (;;) {
      if (reader.take('type')) options = { ...options, hook: this.#hook() };
      else if (reader.take('policy')) options = { ...options, policy: this.#policy() };
      else if (reader.take('comment')) options = { ...options, comment: reader.word('a comment') };
      else return options;
      reader.skipEnds();
    }
  }

  #hook(): BaseHook {
    const reader = this.#reader;
    const type = reader.word('a chain type');
    if (type !== 'filter' && type !== 'nat' && type !== 'route')
      throw new NftError(`unknown chain type ${type}`);
    reader.expect('hook');
    const point = parsePoint(reader.word('a hook'));
    reader.expect('priority');
    const words: string[] = [];
    while (!reader.atEnd) words.push(reader.word('a priority'));
    return { type, point, priority: parsePriority(words) };
  }

  #policy(): 'accept' | 'drop' {
    const word = this.#reader.word('accept or drop');
    if (word !== 'accept' && word !== 'drop') throw this.#reader.unexpected('accept or drop');
    return word;
  }

  #rule(verb: Verb): void {
    const reader = this.#reader;
    const transaction = this.#transaction;
    const table = this.#existing(verb);
    if (!table) return this.#skip();
    const chain = transaction.chain(table, reader.word('a chain'));
    if (verb === 'delete' || verb === 'destroy') {
      reader.expect('handle');
      const handle = this.#integer();
      return this.#unless(verb === 'destroy', () =>
        transaction.deleteRule(chain, transaction.positionOf(chain, handle)),
      );
    }
    const place = this.#place(chain);
    if (verb === 'replace') {
      if (place === undefined) throw reader.unexpected('handle');
      this.#appendRule(table, chain, place);
      return transaction.deleteRule(chain, place + 1);
    }
    if (verb === 'insert') return this.#appendRule(table, chain, place ?? 0);
    this.#appendRule(table, chain, place === undefined ? undefined : place + 1);
  }

  /** `handle H`, `position H`, `index N`: the position of the rule it names. */
  #place(chain: NftChain): number | undefined {
    const reader = this.#reader;
    if (reader.take('handle') || reader.take('position'))
      return this.#transaction.positionOf(chain, this.#integer());
    return reader.take('index') ? this.#integer() : undefined;
  }

  #appendRule(table: NftTable, chain: NftChain, at?: number): void {
    const parsed = readRule(this.#reader, this.#transaction.scope(table));
    this.#transaction.addRule(table, chain, parsed, at);
  }

  #set(verb: Verb, kind: 'set' | 'map'): void {
    const transaction = this.#transaction;
    const table = this.#existing(verb);
    if (!table) return this.#skip();
    if (verb === 'add' || verb === 'create') return this.#setBlock(table, kind, { isNew: verb === 'create' });
    const name = this.#reader.word('a set');
    this.#unless(verb === 'destroy', () => {
      const set = transaction.set(table, name);
      if (verb === 'flush') transaction.flushSet(set);
      else if (verb === 'delete' || verb === 'destroy') transaction.deleteSet(table, set);
      else throw this.#reader.unexpected('a command for sets');
    });
  }

  #setBlock(table: NftTable, kind: string, { isNew = false, isDeclaring = false }): void {
    const reader = this.#reader;
    const name = reader.word('a set');
    let declaration: SetDeclaration = { name, keyTypes: [], flags: [] };
    let elements: ReturnType<typeof readElements> = [];
    reader.expect('{');
    reader.skipEnds();
    while (!reader.take('}')) {
      const word = reader.word('a property');
      if (word === 'type') declaration = { ...declaration, ...this.#types(kind) };
      else if (word === 'flags') declaration = { ...declaration, flags: this.#flags() };
      else if (word === 'timeout')
        declaration = { ...declaration, timeout: parseNftDuration(reader.word('a time')) };
      else if (word === 'size') declaration = { ...declaration, size: this.#integer() };
      else if (word === 'comment') declaration = { ...declaration, comment: reader.word('a comment') };
      else if (word === 'elements') {
        reader.expect('=');
        if (isDeclaring) {
          reader.expect('{');
          reader.skipBlock();
        } else elements = readElements(reader, declaration, this.#transaction.scope(table));
      } else if (word !== 'auto-merge' && word !== 'gc-interval')
        throw reader.unexpected('a property of a set');
      reader.skipEnds();
    }
    if (declaration.flags.includes('dynamic')) declaration = { size: DYNAMIC_SIZE, ...declaration };
    if (declaration.keyTypes.length === 0) throw new NftError('set definition does not specify key');
    const set = this.#transaction.addSet(table, declaration, isNew);
    for (const element of elements) this.#transaction.addElement(set, element, false);
  }

  #types(kind: string): Pick<SetDeclaration, 'keyTypes' | 'dataTypes'> {
    const keyTypes = this.#typeList();
    if (kind === 'set') return { keyTypes };
    this.#reader.expect(':');
    if (this.#reader.take('verdict')) return { keyTypes, dataTypes: 'verdict' };
    return { keyTypes, dataTypes: this.#typeList() };
  }

  #typeList(): DataType[] {
    const types: DataType[] = [];
    do {
      const name = this.#reader.word('a type');
      const type = dataType(name);
      if (!type) throw new NftError(`unknown datatype ${name}`);
      types.push(type);
    } while (this.#reader.take('.'));
    return types;
  }

  #flags(): string[] {
    const flags: string[] = [];
    do flags.push(this.#reader.word('a flag'));
    while (this.#reader.take(','));
    return flags;
  }

  #element(verb: Verb): void {
    const reader = this.#reader;
    const transaction = this.#transaction;
    const table = this.#existing(verb);
    if (!table) return this.#skip();
    const set = transaction.set(table, reader.word('a set'));
    if (verb === 'add' || verb === 'create') {
      for (const element of readElements(reader, set.declaration, transaction.scope(table))) {
        transaction.addElement(set, element, verb === 'create');
      }
      return;
    }
    if (verb !== 'delete' && verb !== 'destroy') throw reader.unexpected('a command for elements');
    reader.expect('{');
    reader.skipEnds();
    while (!reader.take('}')) {
      const key = readKey(reader, set.declaration.keyTypes);
      this.#unless(verb === 'destroy', () => transaction.deleteElement(set, key));
      while (reader.peek() !== ',' && reader.peek() !== '}') reader.word(', or }');
      reader.take(',');
      reader.skipEnds();
    }
  }

  #ruleset(verb: Verb): void {
    if (verb !== 'flush') throw this.#reader.unexpected('flush');
    const family = FAMILIES.includes(this.#reader.peek() ?? '') ? this.#family() : undefined;
    this.#transaction.flushRuleset(family);
  }

  /** The table of the command; undefined for one that a `destroy` does not find. */
  #existing(verb: Verb): NftTable | undefined {
    const [family, name] = this.#tableName();
    let table: NftTable | undefined;
    this.#unless(verb === 'destroy', () => {
      table = this.#transaction.table(family, name);
    });
    return table;
  }

  #tableName(): [Family, string] {
    const reader = this.#reader;
    const family = FAMILIES.includes(reader.peek() ?? '') ? this.#family() : 'ip';
    return [family, reader.word('a table')];
  }

  #family(): Family {
    const word = this.#reader.word('a family');
    if (word !== 'ip' && word !== 'inet') throw new NftError(UNSUPPORTED);
    return word;
  }

  /** Does something; with `lenient`, what is not there is no mistake. */
  #unless(lenient: boolean, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(lenient && error instanceof NftError && error.message.endsWith('No such file or directory')))
        throw error;
    }
  }

  #skip(): void {
    while (!this.#reader.atEnd) this.#reader.word('');
  }

  #integer(): number {
    const word = this.#reader.word('a number');
    if (!/^\d+$/.test(word)) throw new NftError(`syntax error, unexpected ${word}, expecting a number`);
    return Number(word);
  }
}
