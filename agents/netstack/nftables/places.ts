import type { Places } from '../netfilter/callers.ts';
import { type BaseSpec, HOOKS, type HookName } from './base-spec.ts';
import type { Statement } from './rule.ts';

const inNat = (...hooks: HookName[]): Places =>
  hooks.reduce((places, hook) => places | placeOf({ type: 'nat', hook }), 0);
const atHooks = (...hooks: HookName[]): Places =>
  hooks.reduce((places, hook) => places | placeOf({ type: 'filter', hook }), inNat(...hooks));

export const EVERYWHERE: Places = atHooks(...HOOKS);
export const WITH_INPUT = atHooks('prerouting', 'input', 'forward');
export const WITH_OUTPUT = atHooks('forward', 'output', 'postrouting');

/** A hook has a bit, and, in a chain for NAT, another. */
export function placeOf({ type, hook }: Pick<BaseSpec, 'type' | 'hook'>): Places {
  return 1 << (HOOKS.indexOf(hook) + (type === 'nat' ? HOOKS.length : 0));
}

/** Where a statement may be called; its expressions know by themselves (the `validate` of each nft_expr_ops). */
export function placesOf(statement: Statement): Places {
  if (statement.kind === 'reject') return atHooks('prerouting', 'input', 'forward', 'output');
  if (statement.kind !== 'nat') return EVERYWHERE;
  switch (statement.action) {
    case 'masquerade':
      return inNat('postrouting');
    case 'snat':
      return inNat('postrouting', 'input');
    case 'dnat':
    case 'redirect':
      return inNat('prerouting', 'output');
  }
}
