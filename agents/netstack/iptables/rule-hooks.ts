import { FORWARD, type HookPoint, INPUT, OUTPUT, POSTROUTING, PREROUTING } from '../netfilter/hooks.ts';
import type { Rule, Target } from './rule.ts';

/** A set of hooks: bit n is the one with the number n. */
export type HookSet = number;
export const hookSet = (...points: HookPoint[]): HookSet =>
  points.reduce<number>((set, point) => set | (1 << point), 0);
export const ALL_HOOKS = hookSet(PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING);

const BEFORE_ROUTING = hookSet(PREROUTING, OUTPUT);
const HAVE_INPUT = hookSet(PREROUTING, INPUT, FORWARD);
const HAVE_OUTPUT = hookSet(FORWARD, OUTPUT, POSTROUTING);

/** Where a rule may be called (`.hooks` of its target and matches in the kernel). */
export function hooksOf({ matches, target }: Rule): HookSet {
  let hooks = hooksOfTarget(target);
  for (const { kind } of matches) {
    if (kind === 'rpfilter') hooks &= hookSet(PREROUTING);
    else if (kind === 'mac') hooks &= HAVE_INPUT;
  }
  return hooks;
}

/**
 * Where a rule may stand itself, though it may be called from elsewhere (addrtype_mt_checkentry_v1,
 * physdev_mt_check).
 */
export function ownHooksOf({ matches }: Rule): HookSet {
  let hooks = ALL_HOOKS;
  for (const match of matches) {
    if (match.kind === 'addrtype' && match.limitInterface)
      hooks &= match.limitInterface === 'in' ? HAVE_INPUT : HAVE_OUTPUT;
    const leaves = match.kind === 'physdev' && (match.output !== undefined || match.isOut !== undefined);
    if (leaves && match.isBridged !== true) hooks &= ~hookSet(OUTPUT);
  }
  return hooks;
}

function hooksOfTarget(target: Target): HookSet {
  switch (target.kind) {
    case 'MASQUERADE':
      return hookSet(POSTROUTING);
    case 'SNAT':
      return hookSet(POSTROUTING, INPUT);
    case 'DNAT':
    case 'REDIRECT':
      return BEFORE_ROUTING;
    case 'REJECT':
      return hookSet(INPUT, FORWARD, OUTPUT);
    case 'TCPMSS':
      return target.size === 'path MTU' ? HAVE_OUTPUT : ALL_HOOKS;
    default:
      return ALL_HOOKS;
  }
}
