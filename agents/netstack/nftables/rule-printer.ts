import type { DataType } from './data-type.ts';
import { formatNftDuration } from './duration.ts';
import { formatElement } from './elements.ts';
import type { Constant, Selector } from './expression.ts';
import type { NftRule } from './nft-chain.ts';
import type { NftSet } from './nft-set.ts';
import type { NatStatement, Operand, Statement } from './statement.ts';
import { formatKey } from './values.ts';
import { formatVerdict } from './verdict.ts';

/** A rule as `nft list` prints it. */
export function formatRule({ statements, comment }: NftRule): string {
  const words = statements.map(formatStatement);
  if (comment !== undefined) words.push(`comment "${comment}"`);
  return words.join(' ');
}

function formatStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'match': {
      const { selector, operator, operand } = statement;
      const isPlain = operator === '==' && selector.kind !== 'bitwise';
      return `${formatSelector(selector)} ${isPlain ? '' : `${operator} `}${formatOperand(operand)}`;
    }
    case 'vmap':
      return `${formatSelector(statement.selector)} vmap ${formatSet(statement.map)}`;
    case 'verdict':
      return formatVerdict(statement.verdict);
    case 'counter':
      return `counter packets ${statement.counters.packets} bytes ${statement.counters.bytes}`;
    case 'dnat':
    case 'snat':
    case 'masquerade':
    case 'redirect':
      return formatNat(statement);
    case 'reject':
      return formatReject(statement.with);
    case 'set-mark':
      return `${statement.target} set ${formatValue(statement.value)}`;
    case 'limit': {
      const { over, rate, unit, burst } = statement;
      return `limit rate ${over ? 'over ' : ''}${rate}/${unit}${burst === 5 ? '' : ` burst ${burst} packets`}`;
    }
    case 'log':
      return statement.prefix === '' ? 'log' : `log prefix "${statement.prefix}"`;
    case 'update': {
      const { operation, set, selector, timeout } = statement;
      const lives = timeout === undefined ? '' : ` timeout ${formatNftDuration(timeout)}`;
      return `${operation} @${set.declaration.name} { ${formatSelector(selector)}${lives} }`;
    }
    case 'notrack':
      return 'notrack';
  }
}

function formatSelector(selector: Selector): string {
  switch (selector.kind) {
    case 'field':
      return selector.text;
    case 'numgen': {
      const offset = selector.offset === 0 ? '' : ` offset ${selector.offset}`;
      return `numgen ${selector.mode} mod ${selector.modulus}${offset}`;
    }
    case 'concat':
      return selector.parts.map(formatSelector).join(' . ');
    case 'bitwise': {
      const { left, operator, right } = selector;
      return `${left.text} ${operator} ${left.type.format(right)}`;
    }
  }
}

const formatValue = (value: Selector | Constant): string =>
  value.kind === 'constant' ? formatKey(value.values, value.types) : formatSelector(value);

function formatOperand(operand: Operand): string {
  switch (operand.kind) {
    case 'value':
      return operand.type.format(operand.value);
    case 'range':
      return formatKey([operand], [operand.type]);
    case 'bits':
      return formatBits(operand.bits, operand.type);
    case 'masked':
      return `${formatBits(operand.bits, operand.type)} / ${formatBits(operand.mask, operand.type)}`;
    case 'set':
      return formatSet(operand.set);
  }
}

function formatBits(bits: number, type: DataType): string {
  const words: string[] = [];
  for (let bit = 1; bit <= bits; bit *= 2) if (bits & bit) words.push(type.format(bit));
  return words.length === 0 ? '0x0' : words.join(',');
}

function formatSet(set: NftSet): string {
  if (!set.isAnonymous) return `@${set.declaration.name}`;
  return `{ ${set
    .elements(0)
    .map((element) => formatElement(element, set, 0))
    .join(', ')} }`;
}

function formatNat({ kind, address, port, flags }: NatStatement): string {
  let to = '';
  if (address?.kind === 'constant') to = formatKey(address.values, address.types);
  if (address?.kind === 'lookup') to = `${formatSelector(address.key)} map ${formatSet(address.map)}`;
  if (port) to += port.low === port.high ? `:${port.low}` : `:${port.low}-${port.high}`;
  return [kind, ...(to ? [`to ${to}`] : []), ...(flags.length > 0 ? [flags.join(',')] : [])].join(' ');
}

function formatReject(code: string): string {
  if (code === 'tcp-reset') return 'reject with tcp reset';
  if (code === 'icmp-port-unreachable') return 'reject';
  return `reject with icmp ${code.slice('icmp-'.length).replace('proto-', 'prot-')}`;
}
