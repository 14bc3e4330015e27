import type { drawOddFrames } from './odd-frames.ts';

const ETHERNET = 14;
const FRAGMENT = 44;

/**
 * Draws the same without pieces of IPv6 that defragmentation leaves alone since they end at no multiple of eight bytes:
 * Linux's nftables takes the first bytes of such a packet for its ports (docs/fidelity.md).
 */
export function withoutStrayPieces(draw: typeof drawOddFrames): typeof drawOddFrames {
  return (rng, i) => {
    const drawn = draw(rng, i);
    return { ...drawn, frames: drawn.frames.filter((frame) => !isStrayPiece(frame)) };
  };
}

function isStrayPiece(frame: Uint8Array): boolean {
  const header = frame.subarray(ETHERNET);
  if (header[0]! >>> 4 !== 6 || header[6] !== FRAGMENT) return false;
  const [length, fragment] = [(header[4]! << 8) | header[5]!, (header[42]! << 8) | header[43]!];
  return fragment >>> 3 !== 0 && (fragment & 1) === 1 && length % 8 !== 0;
}
