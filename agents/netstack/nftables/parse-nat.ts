import { INET_SERVICE, IPV4_ADDR, IPV6_ADDR } from './data-type.ts';
import { parseExpression } from './parse-expression.ts';
import { accept, expect, parseRange } from './parse-value.ts';
import type { NatFlag, NatStatement } from './rule.ts';
import type { Scanner } from './scanner.ts';
import type { Table } from './table.ts';

const NAT_FLAGS = ['random', 'fully-random', 'persistent'] as const;

export function parseNat(scanner: Scanner, table: Table): NatStatement {
  const action = scanner.take() as NatStatement['action'];
  const version = accept(scanner, 'ip6') ? 6 : accept(scanner, 'ip') ? 4 : undefined;
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
  return { kind: 'nat', action, ...(version && { version }), ...target, flags };
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
