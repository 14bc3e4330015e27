export const CHAIN_TYPES = ['filter', 'nat', 'route'] as const;
export type ChainType = (typeof CHAIN_TYPES)[number];
export const HOOKS = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;
export type HookName = (typeof HOOKS)[number];

/** Where a base chain is called. */
export interface BaseSpec {
  readonly type: ChainType;
  readonly hook: HookName;
  readonly priority: number;
}
