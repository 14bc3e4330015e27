import type { IpVersion } from '../ip-address.ts';
import { PROTO_TCP } from '../protocol-numbers.ts';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from './data-type.ts';
import { NftError } from './nft-error.ts';
import { parseComparison } from './parse-comparison.ts';
import { parseCounters, parseVerdict } from './parse-element.ts';
import { parseExpression } from './parse-expression.ts';
import { parseConnections, parseLimit } from './parse-limit.ts';
import { parseLog } from './parse-log.ts';
import { parseNat } from './parse-nat.ts';
import { parseReject } from './parse-reject.ts';
import { accept, atEnd, expect, parseComment, parseName, parseTime } from './parse-value.ts';
import { ProtocolContext } from './protocol-context.ts';
import { type Rule, type Statement, typesOf } from './rule.ts';
import { areSameTypes, describeTypes } from './same-types.ts';
import type { Scanner } from './scanner.ts';
import type { Family, Table } from './table.ts';

/** Statements of one rule. */
const MAX_STATEMENTS = 128;

/** A rule up to the end of its line. */
export function parseRule(scanner: Scanner, table: Table): Rule {
  const statements: Statement[] = [];
  const context = new ProtocolContext(table.family);
  let comment: string | undefined;
  while (!atEnd(scanner)) {
    if (accept(scanner, 'comment')) {
      comment = parseComment(scanner);
      if (!atEnd(scanner)) throw scanner.unexpected();
      break;
    }
    if (statements.length >= MAX_STATEMENTS) throw new NftError('Rule is too long', scanner.span());
    const { start } = scanner;
    const parsed = parseStatement(scanner, table);
    const span = { start, end: scanner.previousEnd };
    if (statements.some(isTerminal))
      throw new NftError('Statement after terminal statement has no effect', span);
    const statement = context.read(parsed, span);
    dropImplied(statements, statement, table.family);
    statements.push(statement);
  }
  if (statements.length === 0) throw scanner.unexpected();
  return { statements, comment };
}

/** Whether a rule ends with it, whatever the packet. */
const isTerminal = (statement: Statement): boolean =>
  statement.kind === 'reject' ||
  statement.kind === 'nat' ||
  (statement.kind === 'verdict' && statement.verdict.kind !== 'continue');

function parseStatement(scanner: Scanner, table: Table): Statement {
  const verdict = parseVerdict(scanner);
  if (verdict) return { kind: 'verdict', verdict };
  switch (scanner.kind === 'word' ? scanner.token : '') {
    case 'counter':
      scanner.advance();
      return { kind: 'counter', counters: parseCounters(scanner) };
    case 'limit':
      return parseLimit(scanner);
    case 'ct':
      if (!scanner.follows('count')) return parseComparison(scanner, table);
      scanner.advance();
      return parseConnections(scanner);
    case 'log':
      return parseLog(scanner);
    case 'reject':
      scanner.advance();
      return parseReject(scanner, table.family);
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
function dropImplied(statements: Statement[], statement: Statement, family: Family): void {
  for (const [fields, value] of impliedBy(statement, family)) {
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
/** Where a table has both versions, IPv4's and IPv6's own words say more than the protocol. */
const transport = (protocol: number, family: Family): Implied => [
  family === 'inet' ? ['meta l4proto'] : ['meta l4proto', 'ip protocol', 'ip6 nexthdr'],
  protocol,
];
const network = (version: IpVersion): Implied => [
  ['meta nfproto'],
  version === 6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
];

function impliedBy(statement: Statement, family: Family): readonly Implied[] {
  if (statement.kind === 'reject') {
    const ofVersion = statement.version === undefined ? [] : [network(statement.version)];
    const isReset = statement.with === 'tcp-reset' && family !== 'inet';
    return isReset ? [transport(PROTO_TCP, family)] : ofVersion;
  }
  if (statement.kind !== 'match' && statement.kind !== 'vmap') return [];
  let expression = statement.kind === 'match' ? statement.left : statement.key;
  while (expression.kind === 'binary') expression = expression.left;
  if (expression.kind !== 'field') return [];
  const { protocol } = expression.field;
  const { version } = expression.field;
  if (version !== undefined) return [network(version)];
  return protocol === undefined ? [] : [transport(protocol, family)];
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
  if (!areSameTypes(typesOf(key), set.spec.key))
    throw new NftError(
      `datatype mismatch: expected ${describeTypes(set.spec.key)}, expression has type ${describeTypes(typesOf(key))}`,
      span,
    );
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
