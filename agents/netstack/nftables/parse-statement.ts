import type { RejectType } from '../iptables/rule.ts';
import { PROTO_TCP } from '../protocol-numbers.ts';
import { CT_MARK } from './ct-fields.ts';
import {
  type DataType,
  IFNAME,
  INET_SERVICE,
  IPV4_ADDR,
  IPV6_ADDR,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
} from './data-type.ts';
import { TCP_FLAG } from './header-types.ts';
import { META_MARK } from './meta-fields.ts';
import { NftError } from './nft-error.ts';
import { parseCounters, parseVerdict } from './parse-element.ts';
import { parseExpression, parseSetReference } from './parse-expression.ts';
import {
  accept,
  atEnd,
  detached,
  expect,
  parseComment,
  parseCount,
  parseName,
  parseNarrow,
  parseRange,
  parseTime,
} from './parse-value.ts';
import {
  type Expression,
  type NatFlag,
  type NatStatement,
  type Operand,
  type Operator,
  RATE_UNITS,
  type RateUnit,
  type Rule,
  type SetReference,
  type Statement,
  typesOf,
} from './rule.ts';
import type { Scanner } from './scanner.ts';
import type { Table } from './table.ts';

/** Statements of one rule. */
const MAX_STATEMENTS = 128;

/** A rule up to the end of its line. */
export function parseRule(scanner: Scanner, table: Table): Rule {
  const statements: Statement[] = [];
  let comment: string | undefined;
  while (!atEnd(scanner)) {
    if (accept(scanner, 'comment')) {
      comment = parseComment(scanner);
      if (!atEnd(scanner)) throw scanner.unexpected();
      break;
    }
    if (statements.length >= MAX_STATEMENTS) throw new NftError('Rule is too long', scanner.span());
    const { start } = scanner;
    const statement = parseStatement(scanner, table);
    if (statement.kind === 'nat' && mapsPorts(statement) && !statements.some(namesTransport)) {
      throw new NftError('transport protocol mapping is only valid after transport protocol match', {
        start,
        end: scanner.previousEnd,
      });
    }
    dropImplied(statements, statement);
    statements.push(statement);
  }
  if (statements.length === 0) throw scanner.unexpected();
  return { statements, comment };
}

/** Whether a translation has a port in it. */
function mapsPorts({ address, ports }: NatStatement): boolean {
  return ports !== undefined || (address !== undefined && 'kind' in address && typesOf(address).length > 1);
}

/** Whether a statement tells one transport protocol, or some, from the others. */
function namesTransport(statement: Statement): boolean {
  if (statement.kind !== 'match' && statement.kind !== 'vmap') return false;
  const expression = statement.kind === 'match' ? statement.left : statement.key;
  const parts = expression.kind === 'concat' ? expression.parts : [expression];
  return parts.some(
    (part) =>
      part.kind === 'field' &&
      (part.field.protocol !== undefined ||
        ['meta l4proto', 'ip protocol', 'ip6 nexthdr'].includes(part.field.text)),
  );
}

function parseStatement(scanner: Scanner, table: Table): Statement {
  const verdict = parseVerdict(scanner);
  if (verdict) return { kind: 'verdict', verdict };
  switch (scanner.kind === 'word' ? scanner.token : '') {
    case 'counter':
      scanner.advance();
      return { kind: 'counter', counters: parseCounters(scanner) };
    case 'limit':
      return parseLimit(scanner);
    case 'log':
      return parseLog(scanner);
    case 'reject':
      scanner.advance();
      return { kind: 'reject', with: parseReject(scanner, table.family) };
    case 'dnat':
    case 'snat':
    case 'masquerade':
    case 'redirect':
      return parseNat(scanner, table);
    case 'notrack':
      scanner.advance();
      return { kind: 'notrack' };
    case 'add':
    case 'update':
    case 'delete':
      return parseUpdate(scanner, table);
    default:
      return parseComparison(scanner, table);
  }
}

/**
 * What speaks of a protocol's header implies the protocol: a comparison before it that says no more is left out,
 * as nft leaves it out of its listings.
 */
function dropImplied(statements: Statement[], statement: Statement): void {
  for (const [fields, value] of impliedBy(statement)) {
    const at = statements.findIndex(
      (each) =>
        each.kind === 'match' &&
        each.operator === '==' &&
        each.left.kind === 'field' &&
        fields.includes(each.left.field.text) &&
        each.right.kind === 'value' &&
        each.right.value === value,
    );
    if (at >= 0) statements.splice(at, 1);
  }
}

type Implied = readonly [fields: readonly string[], value: number];
const transport = (protocol: number): Implied => [['meta l4proto', 'ip protocol', 'ip6 nexthdr'], protocol];

function impliedBy(statement: Statement): readonly Implied[] {
  if (statement.kind === 'reject') return statement.with === 'tcp-reset' ? [transport(PROTO_TCP)] : [];
  if (statement.kind !== 'match' && statement.kind !== 'vmap') return [];
  let expression = statement.kind === 'match' ? statement.left : statement.key;
  while (expression.kind === 'binary') expression = expression.left;
  if (expression.kind !== 'field') return [];
  const { protocol } = expression.field;
  const { version } = expression.field;
  if (version !== undefined) return [[['meta nfproto'], version === 6 ? NFPROTO_IPV6 : NFPROTO_IPV4]];
  return protocol === undefined ? [] : [transport(protocol)];
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  '==': '==',
  '!=': '!=',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
  eq: '==',
  ne: '!=',
  lt: '<',
  gt: '>',
  le: '<=',
  ge: '>=',
};

/** An expression with what it is compared with, looked up in, or set to. */
function parseComparison(scanner: Scanner, table: Table): Statement {
  const left = parseExpression(scanner, table);
  if (
    scanner.token === 'set' &&
    left.kind === 'field' &&
    (left.field === META_MARK || left.field === CT_MARK)
  ) {
    scanner.advance();
    return { kind: 'assign', target: left.field, value: parseAssigned(scanner, table, left.field.type) };
  }
  if (accept(scanner, 'vmap')) {
    return { kind: 'vmap', key: left, map: parseSetReference(scanner, table, left, 'vmap') };
  }
  const hasOperator = Object.hasOwn(OPERATORS, scanner.token) && scanner.kind !== 'string';
  const operator = hasOperator ? OPERATORS[scanner.take()]! : '==';
  const asked = whatIsAsked(scanner, left);
  return comparison(asked, operator, parseOperand(scanner, table, asked));
}

/** `exists` and `missing` make a look-up one for a yes or no. */
function whatIsAsked(scanner: Scanner, left: Expression): Expression {
  const presence = left.kind === 'field' ? left.field.presence : undefined;
  const isPresence = scanner.token === 'exists' || scanner.token === 'missing';
  return presence !== undefined && isPresence ? { kind: 'field', field: presence } : left;
}

function parseAssigned(scanner: Scanner, table: Table, type: DataType): Expression {
  if (scanner.kind !== 'number') {
    const { start } = scanner;
    const value = parseExpression(scanner, table);
    const [given] = typesOf(value);
    if (given !== type && given?.bytes !== 4)
      throw new NftError(`datatype mismatch: expected ${type.name}, expression has type ${given?.name}`, {
        start,
        end: scanner.previousEnd,
      });
    return value;
  }
  return { kind: 'literal', type, value: parseNarrow(scanner, type) };
}

/** `tcp flags & (fin | syn) == syn` is the same as `tcp flags syn / fin,syn`. */
function comparison(left: Expression, operator: Operator, right: Operand): Statement {
  const mask = left.kind === 'binary' && left.operator === '&' ? left : undefined;
  const given = right.kind === 'flags' ? right.mask : right.kind === 'value' ? right.value : undefined;
  const value = typeof given === 'bigint' ? undefined : given;
  if (
    mask &&
    value !== undefined &&
    typesOf(left)[0] === TCP_FLAG &&
    (operator === '==' || operator === '!=')
  ) {
    return { kind: 'match', left: mask.left, operator, right: { kind: 'masked', value, mask: mask.right } };
  }
  if (right.kind === 'flags' && left.kind === 'binary') {
    return { kind: 'match', left, operator, right: { kind: 'value', value: right.mask } };
  }
  return { kind: 'match', left, operator, right };
}

function parseOperand(scanner: Scanner, table: Table, left: Expression): Operand {
  if (scanner.token === '@' || scanner.token === '{') {
    return withoutBraces(parseSetReference(scanner, table, left, 'set'));
  }
  const [type, ...more] = typesOf(left);
  if (more.length > 0) throw scanner.unexpected('set');
  if (type!.isFlags) return parseFlags(scanner, type!);
  const device = left.kind === 'field' ? left.field.device : undefined;
  if (type === IFNAME && device !== undefined && scanner.token.endsWith('*'))
    return { kind: 'wildcard', device, prefix: scanner.take().slice(0, -1) };
  const { low, high, isPrefix } = parseRange(scanner, type!);
  return low === high && !isPrefix ? { kind: 'value', value: low } : { kind: 'range', low, high, isPrefix };
}

/** A set that a rule brings along for one element is that element, as nft sees it. */
function withoutBraces(set: SetReference): Operand {
  const [element, ...more] = set.kind === 'anonymous' ? set.elements : [];
  if (set.kind === 'named' || element === undefined || more.length > 0 || element.low.length > 1) {
    return { kind: 'set', set };
  }
  const [low, high] = [element.low[0]!, element.high[0]!];
  if (set.types[0]!.isFlags) return { kind: 'flags', mask: low as number };
  return low === high ? { kind: 'value', value: low } : { kind: 'range', low, high, isPrefix: true };
}

function parseFlags(scanner: Scanner, type: DataType): Operand {
  let mask = parseNarrow(scanner, type);
  while (accept(scanner, ',') || accept(scanner, '|')) mask |= parseNarrow(scanner, type);
  if (!accept(scanner, '/')) return { kind: 'flags', mask: mask >>> 0 };
  let over = parseNarrow(scanner, type);
  while (accept(scanner, ',') || accept(scanner, '|')) over |= parseNarrow(scanner, type);
  return { kind: 'masked', value: mask >>> 0, mask: over >>> 0 };
}

function parseLimit(scanner: Scanner): Statement {
  scanner.advance();
  expect(scanner, 'rate');
  const over = accept(scanner, 'over');
  if (!over) accept(scanner, 'until');
  const rate = parseCount(scanner, 0xffffffff);
  expect(scanner, '/');
  const unit = scanner.take();
  if (!Object.hasOwn(RATE_UNITS, unit) || rate === 0)
    throw scanner.unexpected('second, minute, hour, day or week');
  let burst = 5;
  if (accept(scanner, 'burst')) {
    burst = parseCount(scanner, 0xffffffff);
    expect(scanner, 'packets');
  }
  return { kind: 'limit', over, rate, per: unit as RateUnit, burst };
}

function parseLog(scanner: Scanner): Statement {
  scanner.advance();
  let prefix: string | undefined;
  let level: string | undefined;
  for (;;) {
    if (accept(scanner, 'prefix')) {
      if (scanner.kind !== 'string') throw scanner.unexpected('quoted string');
      prefix = detached(scanner.take());
    } else if (accept(scanner, 'level')) level = scanner.take();
    else
      return { kind: 'log', ...(prefix !== undefined && { prefix }), ...(level !== undefined && { level }) };
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
};

const REJECT_CODES_6: Readonly<Record<string, RejectType>> = {
  'no-route': 'icmp6-no-route',
  'admin-prohibited': 'icmp6-adm-prohibited',
  'addr-unreachable': 'icmp6-addr-unreachable',
  'port-unreachable': 'icmp6-port-unreachable',
  'policy-fail': 'icmp6-policy-fail',
  'reject-route': 'icmp6-reject-route',
};

/** Of both versions; what is said of IPv4 is translated when an IPv6 packet is refused. */
const REJECT_CODES_X: Readonly<Record<string, RejectType>> = {
  'port-unreachable': 'icmp-port-unreachable',
  'admin-prohibited': 'icmp-admin-prohibited',
  'no-route': 'icmp-net-unreachable',
  'host-unreachable': 'icmp-host-unreachable',
};

function parseReject(scanner: Scanner, family: Table['family']): RejectType {
  if (!accept(scanner, 'with')) return family === 'ip6' ? 'icmp6-port-unreachable' : 'icmp-port-unreachable';
  if (accept(scanner, 'tcp')) {
    expect(scanner, 'reset');
    return 'tcp-reset';
  }
  const codes = accept(scanner, 'icmpv6')
    ? REJECT_CODES_6
    : accept(scanner, 'icmp')
      ? REJECT_CODES
      : REJECT_CODES_X;
  if (codes === REJECT_CODES_X) expect(scanner, 'icmpx');
  accept(scanner, 'type');
  if (!Object.hasOwn(codes, scanner.token)) throw scanner.unexpected();
  return codes[scanner.take()]!;
}

const NAT_FLAGS = ['random', 'fully-random', 'persistent'] as const;

function parseNat(scanner: Scanner, table: Table): NatStatement {
  const action = scanner.take() as NatStatement['action'];
  if (scanner.token === 'ip' || scanner.token === 'ip6') scanner.advance();
  let target: Pick<NatStatement, 'address' | 'ports'> = {};
  if (accept(scanner, 'to')) target = parseNatTarget(scanner, table);
  else if (action === 'dnat' || action === 'snat') throw scanner.unexpected('to');
  const flags: NatFlag[] = [];
  do {
    const flag = NAT_FLAGS.find((each) => each === scanner.token);
    if (flag === undefined) break;
    flags.push(flag);
    scanner.advance();
  } while (accept(scanner, ','));
  return { kind: 'nat', action, ...target, flags };
}

function parseNatTarget(scanner: Scanner, table: Table): Pick<NatStatement, 'address' | 'ports'> {
  if (scanner.token === ':') return { ports: parsePorts(scanner) };
  if (scanner.kind === 'word') return { address: parseExpression(scanner, table) };
  if (accept(scanner, '[')) {
    const { low, high } = parseRange(scanner, IPV6_ADDR);
    expect(scanner, ']');
    return { address: { low, high }, ...(scanner.token === ':' ? { ports: parsePorts(scanner) } : {}) };
  }
  const { low, high } = parseRange(scanner, scanner.token.includes(':') ? IPV6_ADDR : IPV4_ADDR);
  const address = { low, high };
  return scanner.token === ':' ? { address, ports: parsePorts(scanner) } : { address };
}

function parsePorts(scanner: Scanner): { low: number; high: number } {
  expect(scanner, ':');
  const { low, high } = parseRange(scanner, INET_SERVICE);
  return { low: Number(low), high: Number(high) };
}

/** `update @set { key timeout 10s counter }`. */
function parseUpdate(scanner: Scanner, table: Table): Statement {
  const operation = scanner.take() as 'add' | 'update' | 'delete';
  expect(scanner, '@');
  const span = scanner.span();
  const name = parseName(scanner);
  const set = table.sets.get(name);
  if (!set) throw new NftError('No such file or directory', span);
  expect(scanner, '{');
  const key = parseExpression(scanner, table);
  if (typesOf(key).length !== set.spec.key.length) throw new NftError('datatype mismatch', span);
  const timeoutMs = accept(scanner, 'timeout') ? parseTime(scanner) : undefined;
  const counter = accept(scanner, 'counter');
  expect(scanner, '}');
  return {
    kind: 'update',
    operation,
    set: { kind: 'named', name, set },
    key,
    ...(timeoutMs !== undefined && { timeoutMs }),
    counter,
  };
}
