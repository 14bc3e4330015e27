import type { Chain } from './chain.ts';
import type { NftSet } from './nft-set.ts';

export type Family = 'ip' | 'ip6' | 'inet';

/** A table; one of family inet sees both versions of IP. */
export class Table {
  readonly family: Family;
  readonly name: string;
  /** As the ruleset knows it. */
  readonly key: string;
  readonly handle: number;
  readonly comment: string | undefined;
  readonly chains = new Map<string, Chain>();
  readonly sets = new Map<string, NftSet>();

  #lastHandle = 0;

  constructor(family: Family, name: string, handle: number, comment: string | undefined) {
    this.family = family;
    this.name = name;
    this.key = `${family} ${name}`;
    this.handle = handle;
    this.comment = comment;
  }

  /** What the next chain, set or rule is known by. */
  nextHandle(): number {
    return ++this.#lastHandle;
  }
}
