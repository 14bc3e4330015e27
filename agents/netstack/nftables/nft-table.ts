import type { Netns } from '../netns.ts';
import { NftEvaluator } from './evaluate.ts';
import type { NftChain } from './nft-chain.ts';
import type { NftSet } from './nft-set.ts';

/** The families whose chains see IPv4 packets. */
export type Family = 'ip' | 'inet';

export class NftTable {
  readonly family: Family;
  readonly name: string;
  readonly handle: number;
  comment: string | undefined;
  readonly chains = new Map<string, NftChain>();
  /** Sets and maps, which share their names. */
  readonly sets = new Map<string, NftSet>();
  readonly evaluator: NftEvaluator;
  #lastHandle = 0;

  constructor(ns: Netns, family: Family, name: string, handle: number, comment?: string) {
    this.family = family;
    this.name = name;
    this.handle = handle;
    this.comment = comment;
    this.evaluator = new NftEvaluator(ns, name);
  }

  nextHandle(): number {
    return ++this.#lastHandle;
  }
}
