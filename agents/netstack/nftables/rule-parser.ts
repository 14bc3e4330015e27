import type { RejectType } from '../iptables/rule.ts';
import { type DataType, INET_SERVICE, IPV4_ADDR } from './data-type.ts';
import { parseNftDuration } from './duration.ts';
import { readElements, readVerdict } from './elements.ts';
import { type Constant, type Field, type Numgen, type Selector, typesOf } from './expression.ts';
import { fieldOf } from './fields.ts';
import { NftError } from './nft-error.ts';
import type { KeyPart, NftSet } from './nft-set.ts';
import type { Scope } from './scope.ts';
import type { Comparison, NatStatement, Operand, Statement } from './statement.ts';
import type { TokenReader } from './tokens.ts';
import { readPart, readValues } from './values.ts';

export interface ParsedRule {
  readonly statements: readonly Statement[];
  readonly comment?: string;
}

/** Reads a rule up to its line's end. */
export function readRule(reader: TokenReader, scope: Scope): ParsedRule {
  const statements: Statement[] = [];
  let comment: string | undefined;
  while (!reader.atEnd) {
    if (reader.take('comment')) comment = reader.word('a comment');
    else statements.push(new RuleReader(reader, scope, statements).statement());
  }
  if (statements.length === 0) throw reader.unexpected('a statement');
  return { statements, ...(comment === undefined ? {} : { comment }) };
}

const COMPARISONS: readonly Comparison[] = ['==', '!=', '<', '>', '<=', '>='];
const BITWISE: Readonly<Record<string, '&' | '|' | '^'>> = {
  '&': '&',
  and: '&',
  '|': '|',
  or: '|',
  '^': '^',
  xor: '^',
};

class RuleReader {
  readonly #reader: TokenReader;
  readonly #scope: Scope;
  readonly #before: readonly Statement[];

  constructor(reader: TokenReader, scope: Scope, before: readonly Statement[]) {
    this.#reader = reader;
    this.#scope = scope;
    this.#before = before;
  }

  statement(): Statement {
    const reader = this.#reader;
    switch (reader.peek()) {
      case 'accept':
      case 'drop':
      case 'return':
      case 'continue':
      case 'jump':
      case 'goto':
        return { kind: 'verdict', verdict: readVerdict(reader, this.#scope) };
      case 'counter':
        return this.#counter();
      case 'dnat':
      case 'snat':
      case 'masquerade':
      case 'redirect':
        return this.#nat(reader.word('') as NatStatement['kind']);
      case 'reject':
        return this.#reject();
      case 'limit':
        return this.#limit();
      case 'log':
        reader.take('log');
        return { kind: 'log', prefix: reader.take('prefix') ? reader.word('a prefix') : '' };
      case 'notrack':
        reader.take('notrack');
        return { kind: 'notrack' };
      case 'add':
      case 'update':
      case 'delete':
        if (reader.peek(1) === '@') return this.#update(reader.word('') as 'add' | 'update' | 'delete');
        throw reader.unexpected('a statement');
      default:
        return this.#matchOrMark();
    }
  }

  #counter(): Statement {
    const reader = this.#reader;
    reader.take('counter');
    const counters = { packets: 0, bytes: 0 };
    if (reader.take('packets')) {
      counters.packets = this.#number();
      reader.expect('bytes');
      counters.bytes = this.#number();
    }
    return { kind: 'counter', counters };
  }

  #matchOrMark(): Statement {
    const reader = this.#reader;
    const target = this.#markTarget();
    if (target) return { kind: 'set-mark', target, value: this.#markValue() };
    const selector = this.#selector();
    if (reader.take('vmap')) return { kind: 'vmap', selector, map: this.#map(selector, 'verdict') };
    const word = reader.peek() ?? '';
    const isComparison = COMPARISONS.includes(word as Comparison);
    if (isComparison) reader.take(word);
    const operator = isComparison ? (word as Comparison) : '==';
    return { kind: 'match', ...withOperand(selector, operator, this.#operand(selector)) };
  }

  /** `meta mark set`, `mark set`, `ct mark set`. */
  #markTarget(): 'meta mark' | 'ct mark' | undefined {
    const reader = this.#reader;
    const [first, second, third] = [reader.peek(), reader.peek(1), reader.peek(2)];
    const isShort = first === 'mark' && second === 'set';
    const isLong = (first === 'meta' || first === 'ct') && second === 'mark' && third === 'set';
    if (!isShort && !isLong) return undefined;
    for (let i = 0; i < (isShort ? 2 : 3); i++) reader.word('');
    return first === 'ct' ? 'ct mark' : 'meta mark';
  }

  #markValue(): Selector | Constant {
    const type = fieldOf('meta mark')!.type;
    const constant = type.parse(this.#reader.peek() ?? '');
    if (constant === undefined) return this.#selector();
    this.#reader.word('');
    return { kind: 'constant', values: [constant], types: [type] };
  }

  #selector(): Selector {
    const parts = [this.#part()];
    while (this.#reader.take('.')) parts.push(this.#part());
    const [only] = parts;
    if (parts.length > 1) return { kind: 'concat', parts };
    const operator = BITWISE[this.#reader.peek() ?? ''];
    if (operator === undefined || only!.kind !== 'field') return only!;
    this.#reader.word('');
    return { kind: 'bitwise', left: only as Field, operator, right: this.#bits(only!.type) };
  }

  /** `0x10`, `(syn|rst)`, `syn|rst`. */
  #bits(type: DataType): number {
    const reader = this.#reader;
    const isGroup = reader.take('(');
    let bits = 0;
    do {
      const word = reader.word('a number');
      const value = type.parse(word);
      if (typeof value !== 'number')
        throw new NftError(`syntax error, unexpected ${word}, expecting a number`);
      bits = (bits | value) >>> 0;
    } while (isGroup && (reader.take('|') || reader.take(',')));
    if (isGroup) reader.expect(')');
    return bits;
  }

  #part(): Field | Numgen {
    const reader = this.#reader;
    if (reader.take('numgen')) return this.#numgen();
    const first = reader.word('an expression');
    if (first === 'fib') return this.#field(`fib ${reader.word('a flag')} ${reader.word('type')}`);
    const alone = fieldOf(first);
    if (alone) return alone;
    return this.#field(`${first} ${reader.word('a field')}`);
  }

  #field(text: string): Field {
    const found = fieldOf(text);
    if (!found) throw new NftError(`syntax error, unexpected ${text}, expecting an expression`);
    return found;
  }

  #numgen(): Numgen {
    const reader = this.#reader;
    const mode = reader.word('random or inc');
    if (mode !== 'random' && mode !== 'inc') throw reader.unexpected('random or inc');
    reader.expect('mod');
    const modulus = this.#number();
    if (modulus === 0) throw new NftError('modulus must be greater than 0');
    return { kind: 'numgen', mode, modulus, offset: reader.take('offset') ? this.#number() : 0 };
  }

  #operand(selector: Selector): Operand {
    const reader = this.#reader;
    if (reader.peek() === '@' || reader.peek() === '{') return collapsed(this.#map(selector, undefined));
    const [type, ...more] = typesOf(selector);
    if (type === undefined || more.length > 0) throw reader.unexpected('a set');
    if (type.isFlags) return this.#flags(type);
    return operandOf(readPart(reader, type), type);
  }

  /** `established,related`; `syn / syn,rst`. */
  #flags(type: DataType): Operand {
    const bits = this.#bitList(type);
    if (!this.#reader.take('/')) return { kind: 'bits', bits, type };
    return { kind: 'masked', bits, mask: this.#bitList(type), type };
  }

  #bitList(type: DataType): number {
    let bits = 0;
    do {
      bits |= this.#bits(type);
    } while (this.#reader.take(',') || this.#reader.take('|'));
    return bits;
  }

  /** `@name` or `{ … }`, of the shape that a selector asks for. */
  #map(selector: Selector, dataTypes: 'verdict' | readonly DataType[] | undefined): NftSet {
    const keyTypes = typesOf(selector);
    if (this.#reader.take('@')) {
      const set = this.#scope.set(this.#reader.word('a set'));
      const declared = set.declaration;
      const isAlike =
        declared.keyTypes.length === keyTypes.length &&
        declared.keyTypes.every((type, i) => type.name === keyTypes[i]!.name);
      if (!isAlike) throw new NftError(`datatype mismatch: set @${declared.name} has other keys`);
      if ((declared.dataTypes === 'verdict') !== (dataTypes === 'verdict'))
        throw new NftError(`@${declared.name} is ${declared.dataTypes ? 'a map' : 'not a verdict map'}`);
      return set;
    }
    const declaration = { keyTypes, ...(dataTypes ? { dataTypes } : {}) };
    const set = this.#scope.anonymous(declaration);
    for (const element of readElements(this.#reader, declaration, this.#scope)) set.add(element);
    if (set.size === 0) throw this.#reader.unexpected('an element');
    return set;
  }

  #nat(kind: NatStatement['kind']): Statement {
    const reader = this.#reader;
    let address: NatStatement['address'];
    let port: NatStatement['port'];
    reader.take('ip');
    if (reader.take('to')) {
      if (reader.peek() !== ':') address = this.#natAddress();
      if (reader.take(':')) port = this.#ports();
    }
    const flags: NatStatement['flags'][number][] = [];
    while (['random', 'fully-random', 'persistent'].includes(reader.peek() ?? '')) {
      flags.push(reader.word('') as NatStatement['flags'][number]);
      reader.take(',');
    }
    if ((kind === 'dnat' || kind === 'snat') && !address && !port) throw reader.unexpected('to');
    if (port && !this.#namesTransport())
      throw new NftError('transport protocol mapping is only valid after transport protocol match');
    return { kind, flags, ...(address ? { address } : {}), ...(port ? { port } : {}) };
  }

  #natAddress(): NonNullable<NatStatement['address']> {
    const reader = this.#reader;
    const word = reader.peek() ?? '';
    if (/^\d+\.\d+\.\d+\.\d+$/.test(word)) {
      return { kind: 'constant', values: readValues(reader, [IPV4_ADDR]), types: [IPV4_ADDR] };
    }
    const key = this.#selector();
    reader.expect('map');
    const withPort = reader.peek() === '{' ? this.#dataHasPort() : undefined;
    const types = withPort ? [IPV4_ADDR, INET_SERVICE] : [IPV4_ADDR];
    return { kind: 'lookup', key, map: this.#map(key, types) };
  }

  /** Whether the data of an anonymous map are `address . port`. */
  #dataHasPort(): boolean {
    let ahead = 1;
    while (![':', '}', undefined].includes(this.#reader.peek(ahead))) ahead++;
    return this.#reader.peek(ahead + 2) === '.';
  }

  #ports(): { low: number; high: number } {
    const part: KeyPart = readPart(this.#reader, INET_SERVICE);
    return typeof part === 'object' ? part : { low: part as number, high: part as number };
  }

  /** A port may only be mapped where the protocol is known to have ports. */
  #namesTransport(): boolean {
    return this.#before.some(
      (statement) =>
        statement.kind === 'match' &&
        statement.selector.kind === 'field' &&
        /^(meta l4proto|ip protocol|(tcp|udp|sctp|th) )/.test(statement.selector.text),
    );
  }

  #reject(): Statement {
    const reader = this.#reader;
    reader.take('reject');
    if (!reader.take('with')) return { kind: 'reject', with: 'icmp-port-unreachable' };
    if (reader.take('tcp')) {
      reader.expect('reset');
      return { kind: 'reject', with: 'tcp-reset' };
    }
    if (!reader.take('icmp')) reader.expect('icmpx');
    reader.take('type');
    const code = REJECT_CODES[reader.word('a code')];
    if (!code) throw reader.unexpected('a code of destination-unreachable');
    return { kind: 'reject', with: code };
  }

  #limit(): Statement {
    const reader = this.#reader;
    reader.take('limit');
    reader.expect('rate');
    const over = reader.take('over');
    const [, rate, unit] = /^(\d+)\/(second|minute|hour|day)$/.exec(reader.word('a rate')) ?? [];
    if (!rate || Number(rate) === 0) throw reader.unexpected('a rate');
    let burst = 5;
    if (reader.take('burst')) {
      burst = this.#number();
      reader.expect('packets');
    }
    return { kind: 'limit', rate: Number(rate), unit: unit as 'second', burst, over };
  }

  #update(operation: 'add' | 'update' | 'delete'): Statement {
    const reader = this.#reader;
    reader.expect('@');
    const set = this.#scope.set(reader.word('a set'));
    reader.expect('{');
    const selector = this.#selector();
    const timeout = reader.take('timeout') ? parseNftDuration(reader.word('a time')) : undefined;
    reader.expect('}');
    return { kind: 'update', operation, set, selector, ...(timeout === undefined ? {} : { timeout }) };
  }

  #number(): number {
    const word = this.#reader.word('a number');
    if (!/^\d+$/.test(word)) throw new NftError(`syntax error, unexpected ${word}, expecting a number`);
    return Number(word);
  }
}

const REJECT_CODES: Readonly<Record<string, RejectType>> = {
  'net-unreachable': 'icmp-net-unreachable',
  'host-unreachable': 'icmp-host-unreachable',
  'prot-unreachable': 'icmp-proto-unreachable',
  'port-unreachable': 'icmp-port-unreachable',
  'net-prohibited': 'icmp-net-prohibited',
  'host-prohibited': 'icmp-host-prohibited',
  'admin-prohibited': 'icmp-admin-prohibited',
  'no-route': 'icmp-net-unreachable',
};

function operandOf(part: KeyPart, type: DataType): Operand {
  return typeof part === 'object' ? { kind: 'range', ...part, type } : { kind: 'value', value: part, type };
}

/** A set of one element says no more than the element. */
function collapsed(set: NftSet): Operand {
  const [element, ...more] = set.isAnonymous ? set.elements(0) : [];
  const [part, ...others] = element?.key ?? [];
  const type = set.declaration.keyTypes[0]!;
  if (part === undefined || more.length + others.length > 0 || type.isFlags) return { kind: 'set', set };
  return operandOf(part, type);
}

/** `tcp flags & (syn|rst) == syn` is `tcp flags syn / syn,rst`. */
function withOperand(
  selector: Selector,
  operator: Comparison,
  operand: Operand,
): { selector: Selector; operator: Comparison; operand: Operand } {
  const isMask = selector.kind === 'bitwise' && selector.operator === '&' && selector.left.type.isFlags;
  if (!isMask || operand.kind !== 'bits') return { selector, operator, operand };
  const masked: Operand = { kind: 'masked', bits: operand.bits, mask: selector.right, type: operand.type };
  return { selector: selector.left, operator, operand: masked };
}
