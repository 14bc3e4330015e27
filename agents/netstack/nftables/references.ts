import type { NftChain } from './nft-chain.ts';
import type { NftSet } from './nft-set.ts';
import type { Statement } from './statement.ts';

/** The named sets and maps that a rule looks things up in. */
export function setsOf(statements: readonly Statement[]): NftSet[] {
  return statements.flatMap(lookedUp).filter((set) => !set.isAnonymous);
}

/** The chains that a rule leads to; with those of named maps' elements unless `named` is false. */
export function chainsReached(statements: readonly Statement[], { named = true } = {}): NftChain[] {
  const chains: NftChain[] = [];
  for (const statement of statements) {
    if (statement.kind === 'verdict' && 'chain' in statement.verdict) chains.push(statement.verdict.chain);
    if (statement.kind !== 'vmap' || (!named && !statement.map.isAnonymous)) continue;
    for (const { verdict } of statement.map.elements(Number.NEGATIVE_INFINITY)) {
      if (verdict && 'chain' in verdict) chains.push(verdict.chain);
    }
  }
  return chains;
}

function lookedUp(statement: Statement): NftSet[] {
  switch (statement.kind) {
    case 'vmap':
      return [statement.map];
    case 'match':
      return statement.operand.kind === 'set' ? [statement.operand.set] : [];
    case 'update':
      return [statement.set];
    case 'dnat':
    case 'snat':
      return statement.address?.kind === 'lookup' ? [statement.address.map] : [];
    default:
      return [];
  }
}
