import type { HookPoint } from '../netfilter/hooks.ts';
import type { Statement } from './statement.ts';

export interface BaseHook {
  readonly type: 'filter' | 'nat' | 'route';
  readonly point: HookPoint;
  readonly priority: number;
}

export interface NftRule {
  readonly handle: number;
  readonly statements: readonly Statement[];
  readonly comment?: string;
}

export class NftChain {
  readonly name: string;
  readonly handle: number;
  readonly hook: BaseHook | undefined;
  policy: 'accept' | 'drop' = 'accept';
  comment: string | undefined;
  /** Jumps and map elements that lead here. */
  uses = 0;
  /** Changed only inside a transaction, between packets. */
  rules: NftRule[] = [];

  constructor(name: string, handle: number, hook?: BaseHook, comment?: string) {
    this.name = name;
    this.handle = handle;
    this.hook = hook;
    this.comment = comment;
  }
}
