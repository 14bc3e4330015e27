import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readLines } from '../../client/read-lines.ts';

async function split(chunks: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(
    (async function* () {
      yield* chunks;
    })(),
  )) {
    lines.push(line);
  }
  return lines;
}

it('finds the same lines however the bytes are cut', async () => {
  const line = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('\n'));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(200)), async (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      expect(await split(chunks)).toEqual(lines);
    }),
  );
});

it('drops a last line that was cut off', async () => {
  expect(await split([Buffer.from('{"whole":1}\n{"cut')])).toEqual(['{"whole":1}']);
});
