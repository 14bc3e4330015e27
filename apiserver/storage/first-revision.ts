const REVISIONS_PER_MS = 16;

/** Where a store that knows no history begins to count: it grows faster with time than writes can count up. */
export function firstRevisionAt(now: number): number {
  return Math.floor(now) * REVISIONS_PER_MS;
}
