import type { LocalTraffic } from '../local-traffic.ts';
import type { Protocol } from '../service-port.ts';

/** One condition of a rule. */
export type Match =
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'protocol'; readonly protocol: Protocol }
  | { readonly kind: 'source'; readonly cidr: string; readonly negated?: true }
  | { readonly kind: 'destination'; readonly cidr: string; readonly negated?: true }
  | { readonly kind: 'local-traffic'; readonly local: LocalTraffic; readonly negated?: true }
  | { readonly kind: 'destination-port'; readonly port: number }
  | { readonly kind: 'address-type'; readonly side: 'src' | 'dst'; readonly type: 'LOCAL' }
  | { readonly kind: 'state'; readonly states: string; readonly negated?: true }
  | { readonly kind: 'mark'; readonly mark: number; readonly negated?: true }
  | { readonly kind: 'probability'; readonly one: number; readonly of: number }
  | { readonly kind: 'account'; readonly name: string }
  | { readonly kind: 'recent-check'; readonly list: string; readonly seconds: number }
  | { readonly kind: 'recent-set'; readonly list: string };

/** What happens to a packet that all matches hold for. */
export type Target =
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'verdict'; readonly verdict: 'ACCEPT' | 'DROP' | 'RETURN' | 'REJECT' }
  | { readonly kind: 'dnat'; readonly to: string }
  | { readonly kind: 'masquerade' }
  | { readonly kind: 'mark-or'; readonly mark: number }
  | { readonly kind: 'mark-xor'; readonly mark: number };

export interface Rule {
  /** In the order they are written. */
  readonly matches: readonly Match[];
  /** None: the rule only counts and says something. */
  readonly target?: Target;
}

export type TableName = 'filter' | 'nat';

export const comment = (text: string): Match => ({ kind: 'comment', text });
export const jump = (chain: string): Target => ({ kind: 'jump', chain });
export const verdict = (name: 'ACCEPT' | 'DROP' | 'RETURN' | 'REJECT'): Target => ({
  kind: 'verdict',
  verdict: name,
});
