/** An element's words, which are also its key (set-type.ts). */
export type SetEntry = readonly number[];

/** What an element is besides its key. */
export interface SetElement {
  readonly entry: SetEntry;
  /** Milliseconds; past it the element is not there any more. Infinity: never. */
  expiresAt: number;
  readonly counters: { packets: number; bytes: number } | undefined;
  readonly comment: string | undefined;
  /** What is in it is not in the set, though a wider element says so. */
  readonly nomatch: boolean;
}
