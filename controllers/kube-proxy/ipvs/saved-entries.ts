/** The entries of the sets named, as `SET ENTRY`, from what `ipset save` prints. */
export function readSavedEntries(text: string, sets: readonly string[]): ReadonlySet<string> {
  const own = new Set(sets);
  const entries = new Set<string>();
  for (const line of text.split('\n')) {
    const [verb, set = '', entry] = line.split(' ');
    if (verb === 'add' && entry && own.has(set)) entries.add(`${set} ${entry}`);
  }
  return entries;
}
