let lastFrames: readonly Uint8Array[] = [];
let lastJoined: Uint8Array = Buffer.alloc(0);

/**
 * Several frames as one. Watchers of the same objects come with the same frames one after the other: they
 * share what the first of them joined.
 */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
  const [first] = frames;
  if (first && frames.length === 1) return first;
  if (frames.length === lastFrames.length && frames.every((frame, index) => frame === lastFrames[index])) {
    return lastJoined;
  }
  lastFrames = frames;
  lastJoined = Buffer.concat(frames);
  return lastJoined;
}
