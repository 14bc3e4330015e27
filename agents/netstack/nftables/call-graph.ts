import type { CallGraph, Places } from '../netfilter/callers.ts';
import { Chain } from './chain.ts';
import type { Span } from './nft-error.ts';
import type { NftSet } from './nft-set.ts';
import { EVERYWHERE, placeOf } from './places.ts';
import { eachTarget } from './references.ts';
import type { Table } from './table.ts';

/** Where a change is. */
export interface Site {
  readonly table: Table;
  readonly span: Span;
}

/** nft_chain_validate_hooks, net/netfilter/nf_tables_api.c. */
export const CALL_GRAPH: CallGraph<Chain | NftSet, Site> = {
  eachTarget,
  allowedAt(node) {
    let allowed: Places = EVERYWHERE;
    if (node instanceof Chain) for (const { places } of node.rules) allowed &= places;
    return allowed;
  },
  *all({ table }) {
    for (const set of table.sets.values()) yield { node: set, own: 0 };
    for (const chain of table.chains.values())
      yield { node: chain, own: chain.base ? placeOf(chain.base) : 0 };
  },
};
