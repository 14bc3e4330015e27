import type { End } from '../fib/route-to-end.ts';

/** What `fib` looks up: `saddr . mark . iif`. */
export interface FibKey {
  readonly end: End;
  /** Rules see the packet's mark. */
  readonly mark: boolean;
  /** The device that a route must lead to, or that an address must be of. */
  readonly device: 'iif' | 'oif' | undefined;
}

export function fibKeyText({ end, mark, device }: FibKey): string {
  return [end, ...(mark ? ['mark'] : []), ...(device === undefined ? [] : [device])].join(' . ');
}
