import { Chain } from './chain.ts';
import { NftError, REFUSALS, type Span } from './nft-error.ts';
import type { NftSet } from './nft-set.ts';
import { EVERYWHERE, type Places, placeOf } from './places.ts';
import { targetsOf } from './references.ts';
import type { Table } from './table.ts';

/** Where a change is, for messages about it. */
export interface Site {
  readonly table: Table;
  readonly span: Span;
}

interface Link {
  readonly from: Chain | NftSet;
  readonly to: Chain | NftSet;
  readonly site: Site;
}

/**
 * Checks that rules are called from no place that they are not for (nft_chain_validate_hooks). Chains and sets
 * remember the places that they were ever called from, so that a change costs no more than what it newly leads to;
 * what looks wrong so is looked at again without memory, since a way may be gone.
 */
export class Callers {
  readonly #links: Link[] = [];
  readonly #limited = new Map<Chain, Site>();

  /** `from` leads to `to` now. */
  link(from: Chain | NftSet, to: Chain | NftSet, site: Site): void {
    this.#links.push({ from, to, site });
  }

  /** A rule of `chain` is not for every place. */
  limit(chain: Chain, site: Site): void {
    this.#limited.set(chain, site);
  }

  check(): void {
    const suspects = new Map<Chain, Site>();
    for (const { from, to, site } of this.#links) {
      if (from.places === 0) continue;
      spread(to, from.places, (chain) => {
        if (isMisplaced(chain)) suspects.set(chain, site);
      });
    }
    for (const [chain, site] of this.#limited) if (isMisplaced(chain)) suspects.set(chain, site);
    for (const table of new Set([...suspects.values()].map((site) => site.table))) lookAgain(table);
    for (const [chain, { span }] of suspects) {
      if (isMisplaced(chain)) throw new NftError(REFUSALS.EOPNOTSUPP, span);
    }
  }
}

function isMisplaced({ places, rules }: Chain): boolean {
  let allowed = EVERYWHERE;
  for (const entry of rules) allowed &= entry.places;
  return (places & ~allowed) !== 0;
}

/** What can be reached from `node` is called from `places`, too; chains that did not know are told of. */
function spread(node: Chain | NftSet, places: Places, onChain: (chain: Chain) => void): void {
  if ((node.places | places) === node.places) return;
  node.places |= places;
  if (node instanceof Chain) onChain(node);
  for (const next of targetsOf(node)) spread(next, places, onChain);
}

function lookAgain({ chains, sets }: Table): void {
  for (const set of sets.values()) set.places = 0;
  for (const chain of chains.values()) chain.places = 0;
  for (const chain of chains.values()) if (chain.base) spread(chain, placeOf(chain.base), () => {});
}
