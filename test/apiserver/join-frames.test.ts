import { expect, it } from 'vitest';
import { joinFrames } from '../../apiserver/cache/join-frames.ts';
import { chunkOf } from '../../apiserver/chunked-encoding.ts';

const [a, b, c] = ['a\n', 'bb\n', 'c\n'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

it('joins the same frames once for everybody', () => {
  const joined = joinFrames([a, b]);
  expect(Buffer.from(joined).toString()).toBe('a\nbb\n');
  expect(joinFrames([a, b])).toBe(joined);
  expect(Buffer.from(joinFrames([a, c])).toString()).toBe('a\nc\n');
  expect(Buffer.from(joinFrames([a, b, c])).toString()).toBe('a\nbb\nc\n');
  expect(joinFrames([b])).toBe(b);
});

it('frames a chunk once, as HTTP/1.1 has it', () => {
  const bytes = Buffer.from('x'.repeat(26));
  expect(chunkOf(bytes).toString()).toBe(`1a\r\n${'x'.repeat(26)}\r\n`);
  expect(chunkOf(bytes)).toBe(chunkOf(bytes));
});
