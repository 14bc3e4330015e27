import { mask6Of, prefixLengthOf } from '../cidr.ts';
import { type DataType, INET_SERVICE, IPV4_ADDR, IPV6_ADDR, type Value } from './data-type.ts';
import { printLimit } from './parse-limit.ts';
import { printLog } from './parse-log.ts';
import { formatTime } from './parse-value.ts';
import { printRejectCode } from './reject-codes.ts';
import {
  type ElementSpec,
  type Expression,
  isJump,
  type NatStatement,
  type Operand,
  type RejectStatement,
  type Rule,
  type SetReference,
  type Statement,
  typesOf,
  type Verdict,
} from './rule.ts';
import { sortElements } from './sort-elements.ts';

/** A rule as `nft list` prints it (nftables 1.0). */
export function printRule({ statements, comment }: Rule, stateless = false): string {
  const text = statements.map((each) => printStatement(each, stateless)).join(' ');
  return comment === undefined ? text : `${text} comment "${comment}"`;
}

export function printVerdict(verdict: Verdict): string {
  return isJump(verdict) ? `${verdict.kind} ${verdict.target?.name ?? verdict.chain}` : verdict.kind;
}

/** One case a kind: the build breaks when a statement lacks its text. */
function printStatement(statement: Statement, stateless: boolean): string {
  switch (statement.kind) {
    case 'match':
      return printMatch(statement);
    case 'vmap':
      return `${printExpression(statement.key)} vmap ${printSet(statement.map)}`;
    case 'verdict':
      return printVerdict(statement.verdict);
    case 'counter': {
      const { packets, bytes } = statement.counters;
      return stateless ? 'counter' : `counter packets ${packets} bytes ${bytes}`;
    }
    case 'assign':
      return `${statement.target.text} set ${printExpression(statement.value)}`;
    case 'nat':
      return printNat(statement);
    case 'reject':
      return printReject(statement);
    case 'update': {
      const { operation, set, key, timeoutMs, counter } = statement;
      const timeout = timeoutMs === undefined ? '' : ` timeout ${formatTime(timeoutMs)}`;
      return `${operation} @${set.name} { ${printExpression(key)}${timeout}${counter ? ' counter' : ''} }`;
    }
    case 'limit':
      return printLimit(statement);
    case 'connections':
      return `ct count ${statement.over ? 'over ' : ''}${statement.count}`;
    case 'log':
      return printLog(statement);
    case 'notrack':
      return 'notrack';
  }
}

function printMatch({ left, operator, right }: Extract<Statement, { kind: 'match' }>): string {
  const type = typesOf(left)[0]!;
  // A comparison with bits says that it is one, and so does one with flags as a value; elsewhere it goes without saying.
  const isSilent = left.kind !== 'binary' && !(type.isFlags && right.kind === 'value');
  const sign = operator === '==' && isSilent ? '' : `${operator} `;
  return `${printExpression(left)} ${sign}${printOperand(right, type)}`;
}

function printOperand(operand: Operand, type: DataType): string {
  const listed = (flags: number): string => type.print(flags).replaceAll(' | ', ',');
  switch (operand.kind) {
    case 'value':
      return (type.printValue ?? type.print)(operand.value);
    case 'range':
      return printRange(operand.low, operand.high, type, operand.isPrefix);
    case 'wildcard':
      return `"${operand.prefix}*"`;
    case 'flags':
      return `${operand.absent ? '! ' : ''}${listed(operand.mask)}`;
    case 'masked':
      return `${listed(operand.value)} / ${listed(operand.mask)}`;
    case 'set':
      return printSet(operand.set);
  }
}

export function printRange(low: Value, high: Value, type: DataType, asPrefix: boolean): string {
  if (low === high) return type.print(low);
  if (asPrefix && typeof low === 'bigint' && typeof high === 'bigint') {
    const length = prefixLengthOf(mask6Of(128) ^ low ^ high);
    if (length !== undefined && (low & (low ^ high)) === 0n) return `${type.print(low)}/${length}`;
  } else if (asPrefix && typeof low === 'number' && typeof high === 'number' && type === IPV4_ADDR) {
    const length = prefixLengthOf(~(low ^ high) >>> 0);
    if (length !== undefined && (low & (low ^ high)) >>> 0 === 0) return `${type.print(low)}/${length}`;
  }
  return `${type.print(low)}-${type.print(high)}`;
}

function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'field':
      return expression.field.text;
    case 'literal':
      return expression.type.print(expression.value);
    case 'concat':
      return expression.parts.map(printExpression).join(' . ');
    case 'numgen': {
      const { mode, modulus, offset } = expression;
      return `numgen ${mode} mod ${modulus}${offset === 0 ? '' : ` offset ${offset}`}`;
    }
    case 'binary': {
      const { left, operator, right } = expression;
      const isShift = operator === '<<' || operator === '>>';
      const isInner = isShift && left.kind === 'binary' && left.operator !== '<<' && left.operator !== '>>';
      const text = isInner ? `(${printExpression(left)})` : printExpression(left);
      return `${text} ${operator} ${isShift ? right : printBits(right, typesOf(left)[0]!)}`;
    }
    case 'map':
      return `${printExpression(expression.key)} map ${printSet(expression.map)}`;
  }
}

/** Of flags, more than one stands in parentheses. */
function printBits(bits: number, type: DataType): string {
  const text = type.print(bits);
  return type.isFlags && text.includes(' ') ? `(${text})` : text;
}

function printSet(reference: SetReference): string {
  if (reference.kind === 'named') return `@${reference.name}`;
  const { elements, types, data } = reference;
  const texts = sortElements(elements, types).map((each) => printElement(each, types, data));
  return `{ ${texts.join(', ')} }`;
}

/** An element without its options. */
export function printKey(
  { low, high }: Pick<ElementSpec, 'low' | 'high'>,
  types: readonly DataType[],
): string {
  return types.map((type, index) => printRange(low[index]!, high[index]!, type, true)).join(' . ');
}

export function printData(
  { verdict, data }: { readonly verdict?: Verdict | undefined; readonly data?: readonly Value[] | undefined },
  types: readonly DataType[] | undefined,
): string {
  if (verdict) return ` : ${printVerdict(verdict)}`;
  if (!data || !types) return '';
  return ` : ${types.map((type, index) => type.print(data[index]!)).join(' . ')}`;
}

function printElement(
  element: ElementSpec,
  types: readonly DataType[],
  data: readonly DataType[] | undefined,
): string {
  return printKey(element, types) + printData(element, data);
}

function printNat({ action, version, address, ports, flags }: NatStatement): string {
  const words: string[] = [action];
  if (address !== undefined || ports !== undefined) {
    if (version !== undefined) words.push(version === 6 ? 'ip6' : 'ip');
    words.push('to', printNatAddress(address, ports !== undefined) + printPorts(ports));
  }
  if (flags.length > 0) words.push(flags.join(','));
  return words.join(' ');
}

/** An IPv6 address stands in brackets before a port. */
function printNatAddress(address: NatStatement['address'], hasPorts: boolean): string {
  if (address === undefined) return '';
  if ('kind' in address) return printExpression(address);
  if (typeof address.low === 'number') return printRange(address.low, address.high, IPV4_ADDR, false);
  const text = printRange(address.low, address.high, IPV6_ADDR, false);
  return hasPorts ? `[${text}]` : text;
}

function printPorts(ports: NatStatement['ports']): string {
  return ports === undefined ? '' : `:${printRange(ports.low, ports.high, INET_SERVICE, false)}`;
}

function printReject(statement: RejectStatement): string {
  if (statement.with === 'tcp-reset') return 'reject with tcp reset';
  const isUsual = statement.version === undefined && statement.with.endsWith('port-unreachable');
  return isUsual ? 'reject' : `reject with ${printRejectCode(statement)}`;
}
