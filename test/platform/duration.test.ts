import { expect, it } from 'vitest';
import { parseDuration } from '../../platform/duration.ts';

it.each([
  ['40s', 40_000],
  ['1m30s', 90_000],
  ['500ms', 500],
  ['1.5h', 5_400_000],
])('reads %s', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

it.each(['', '40', 's', '4 s', '10x', '-5s'])('refuses %j and says what to write', (text) => {
  expect(() => parseDuration(text)).toThrow('write 40s');
});
