import { NftError } from './nft-error.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** `10800s`, `1h30m`, `5d` in milliseconds; a bare number is seconds. */
export function parseNftDuration(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(d|h|ms|m|s))+$/.test(text))
    throw new NftError(`syntax error, unexpected ${text}, expecting a time`);
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|d|h|m|s)/g)) {
    sum += Number(count) * UNITS.find(([name]) => name === unit)![1];
  }
  return sum;
}

/** As nft prints: the largest units first, none that is zero. */
export function formatNftDuration(milliseconds: number): string {
  let rest = Math.max(0, Math.floor(milliseconds));
  let text = '';
  for (const [name, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${name}`;
  }
  return text || '0s';
}
