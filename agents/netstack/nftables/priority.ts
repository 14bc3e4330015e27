import { PRIORITY } from '../netfilter/hooks.ts';
import type { HookName } from './base-spec.ts';
import { NftError } from './nft-error.ts';
import type { Scanner } from './scanner.ts';

const { raw, mangle, dstnat, filter, security, srcnat } = PRIORITY;
const NAMES: Readonly<Record<string, number>> = { raw, mangle, dstnat, filter, security, srcnat };
/** Those that mean something at one hook only. */
const ONLY_AT: Readonly<Record<string, HookName>> = { dstnat: 'prerouting', srcnat: 'postrouting' };
/** How far from a named priority nft still counts from it. */
const NEAR = 10;

/** `-100`, `dstnat`, `filter + 10`. */
export function parsePriority(scanner: Scanner, hook: HookName): number {
  const sign = takeSign(scanner);
  if (sign !== 0 || scanner.kind === 'number') return (sign || 1) * takeNumber(scanner);
  // A name and its offset may be one word: `dstnat-10`.
  const [name = '', offset] = scanner.token.split('-');
  const base = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  if (base === undefined || (ONLY_AT[name] ?? hook) !== hook) {
    throw new NftError('invalid priority expression value in this context.', scanner.span());
  }
  scanner.advance();
  if (offset !== undefined && offset !== '') return base - Number(offset);
  const direction = takeSign(scanner);
  return direction === 0 ? base : base + direction * takeNumber(scanner);
}

function takeSign(scanner: Scanner): -1 | 0 | 1 {
  if (scanner.token !== '-' && scanner.token !== '+') return 0;
  return scanner.take() === '-' ? -1 : 1;
}

function takeNumber(scanner: Scanner): number {
  if (!/^\d{1,9}$/.test(scanner.token)) throw scanner.unexpected('number');
  return Number(scanner.take());
}

/** As nft prints it: by the name that it is near, if that name belongs to the hook. */
export function formatPriority(priority: number, hook: HookName): string {
  for (const [name, base] of Object.entries(NAMES)) {
    const offset = priority - base;
    if (Math.abs(offset) > NEAR || (ONLY_AT[name] ?? hook) !== hook) continue;
    if (offset === 0) return name;
    return `${name} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
  }
  return String(priority);
}
