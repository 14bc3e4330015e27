/** Targets that change a packet's headers. */
export type HeaderTarget =
  | { readonly kind: 'DSCP'; readonly value: number }
  | { readonly kind: 'TOS'; readonly value: number; readonly mask: number }
  | { readonly kind: 'TTL' | 'HL'; readonly operation: 'set' | 'inc' | 'dec'; readonly value: number }
  | { readonly kind: 'TCPMSS'; readonly size: number | 'path MTU' };
