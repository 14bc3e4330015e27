import {
  FORWARD,
  type HookPoint,
  INPUT,
  OUTPUT,
  POSTROUTING,
  PREROUTING,
  PRIORITY,
} from '../netfilter/hooks.ts';
import { NftError } from './nft-error.ts';

const POINTS: Readonly<Record<string, HookPoint>> = {
  prerouting: PREROUTING,
  input: INPUT,
  forward: FORWARD,
  output: OUTPUT,
  postrouting: POSTROUTING,
};
const POINT_NAMES = Object.entries(POINTS);

export function parsePoint(name: string): HookPoint {
  const point = Object.hasOwn(POINTS, name) ? POINTS[name] : undefined;
  if (point === undefined) throw new NftError(`unknown chain hook ${name}`);
  return point;
}

export function formatPoint(point: HookPoint): string {
  return POINT_NAMES.find(([, value]) => value === point)![0];
}

/** The names that priorities have, and the hooks that they have them at (nft's src/rule.c). */
const NAMES: readonly (readonly [name: string, value: number, points: readonly HookPoint[]])[] = [
  ['raw', PRIORITY.raw, [PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING]],
  ['mangle', PRIORITY.mangle, [PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING]],
  ['dstnat', PRIORITY.dstnat, [PREROUTING]],
  ['filter', PRIORITY.filter, [PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING]],
  ['security', PRIORITY.security, [PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING]],
  ['srcnat', PRIORITY.srcnat, [POSTROUTING]],
];
/** A priority this near a named one is printed by its name. */
const NEAR = 10;

/** `-110`, `filter`, `dstnat - 10`: the words after `priority`. */
export function parsePriority(words: readonly string[]): number {
  const [first = '', sign, offset] = words;
  if (/^-?\d+$/.test(first)) return Number(first);
  const named = NAMES.find(([name]) => name === first);
  if (!named) throw new NftError(`invalid priority expression ${first}`);
  if (sign === undefined) return named[1];
  const by = Number(offset);
  if ((sign !== '+' && sign !== '-') || !Number.isInteger(by))
    throw new NftError('invalid priority expression');
  return named[1] + (sign === '+' ? by : -by);
}

export function formatPriority(priority: number, point: HookPoint): string {
  for (const [name, value, points] of NAMES) {
    const by = priority - value;
    if (!points.includes(point) || Math.abs(by) > NEAR) continue;
    return by === 0 ? name : `${name} ${by > 0 ? '+' : '-'} ${Math.abs(by)}`;
  }
  return String(priority);
}
