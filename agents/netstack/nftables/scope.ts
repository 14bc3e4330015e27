import type { NftChain } from './nft-chain.ts';
import type { NftSet, SetDeclaration } from './nft-set.ts';

/** What a rule may refer to: the chains and sets of its table; both throw NO_SUCH. */
export interface Scope {
  chain(name: string): NftChain;
  set(name: string): NftSet;
  /** A set or map that belongs to one rule. */
  anonymous(declaration: Omit<SetDeclaration, 'name' | 'flags'>): NftSet;
}
