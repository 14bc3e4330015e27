import type { RuleProgram } from './compile-rule.ts';
import type { NftSet } from './nft-set.ts';
import type { Rule } from './rule.ts';

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
export type Policy = 'accept' | 'drop';

/** A rule in a chain. */
export class RuleEntry {
  readonly handle: number;
  readonly rule: Rule;
  /** The chains and sets that it names. */
  readonly references: readonly (Chain | NftSet)[];
  /** Made when a packet first meets the rule: most rules of a large cluster never see one. */
  program: RuleProgram | undefined;

  constructor(handle: number, rule: Rule, references: readonly (Chain | NftSet)[]) {
    this.handle = handle;
    this.rule = rule;
    this.references = references;
  }
}

export class Chain {
  readonly name: string;
  readonly handle: number;
  readonly base: BaseSpec | undefined;
  readonly comment: string | undefined;
  policy: Policy = 'accept';
  rules: RuleEntry[] = [];
  /** Rules and elements that lead here. */
  uses = 0;
  /** Takes a base chain from its hook. */
  unregister: (() => void) | undefined;

  constructor(name: string, handle: number, base: BaseSpec | undefined, comment: string | undefined) {
    this.name = name;
    this.handle = handle;
    this.base = base;
    this.comment = comment;
  }
}
