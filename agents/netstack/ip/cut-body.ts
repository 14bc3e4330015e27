/** The lengths of the pieces of a body, of at most `room` bytes; all but the last are multiples of eight. */
export function cutBody(body: number, room: number): number[] {
  if (room < 8) return [];
  const lengths: number[] = [];
  for (let left = body; left > 0; left -= lengths.at(-1)!) lengths.push(left > room ? room & ~7 : left);
  return lengths;
}

/** Whether what came in pieces of these lengths can leave in them. */
export function fitsAsItCame(lengths: readonly number[], room: number): boolean {
  return lengths.every((length, i) => length <= room && (length % 8 === 0 || i === lengths.length - 1));
}
