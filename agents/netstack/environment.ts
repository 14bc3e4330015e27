/**
 * Time and chance, passed in by whoever builds the namespaces. Method syntax on purpose: any clock whose
 * timers are opaque values satisfies it. `now` is in milliseconds.
 */
export interface NetClock {
  now(): number;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface NetRng {
  /** In [0, 1). */
  float(): number;
  /** An integer in [0, bound). */
  int(bound: number): number;
}
