const MAX_NAMES = 1 << 16;
const MAX_LENGTH = 15;
const ids = new Map<string, number>();
const names: string[] = [''];

/** The number that stands for a device's name; 0 for none, and another than any rule's for one that no rule has. */
export function idOfName(name: string | undefined): number {
  return name === undefined ? 0 : (ids.get(name) ?? MAX_NAMES);
}

/** Gives a name a number, so that rules compare numbers; undefined for what is no device's name. */
export function internName(name: string): number | undefined {
  if (name.length === 0 || name.length > MAX_LENGTH) return undefined;
  const known = ids.get(name);
  if (known !== undefined) return known;
  if (names.length >= MAX_NAMES) return undefined;
  ids.set(name, names.length);
  return names.push(name) - 1;
}

export const nameOfId = (id: number): string => names[id] ?? '';
