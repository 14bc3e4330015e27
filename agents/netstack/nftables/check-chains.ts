import type { Chain } from './chain.ts';
import { NftError, REFUSALS } from './nft-error.ts';
import { eachSuccessor } from './references.ts';

/** Jumps in a row that the kernel has room for (NFT_JUMP_STACK_SIZE). */
const MAX_DEPTH = 16;

/** Refuses loops and jumps too deep in what can be reached from `chains` (nft_chain_validate). */
export function checkChains(chains: Iterable<Chain>): void {
  /** How many chains deep it goes from each; undefined while it is being found out. */
  const depths = new Map<Chain, number | undefined>();
  const depthOf = (chain: Chain, above: number): number => {
    if (depths.has(chain)) {
      const known = depths.get(chain);
      if (known === undefined) throw new NftError(REFUSALS.EMLINK);
      return known;
    }
    if (above > MAX_DEPTH) throw new NftError(REFUSALS.EMLINK);
    depths.set(chain, undefined);
    let depth = 1;
    eachSuccessor(chain, (next) => {
      depth = Math.max(depth, 1 + depthOf(next, above + 1));
    });
    if (depth > MAX_DEPTH) throw new NftError(REFUSALS.EMLINK);
    depths.set(chain, depth);
    return depth;
  };
  for (const chain of chains) depthOf(chain, 0);
}
