const QUOTE = 0x22;
const BACKSLASH = 0x5c;

interface Level {
  /** Undefined: a list. */
  readonly keys: Set<string> | undefined;
  key: string;
  index: number;
}

/**
 * The paths of fields that a JSON text has more than once, such as `spec.replicas` and
 * `spec.ports[0].name`. The text has been parsed already: it is JSON.
 */
export function duplicateFields(text: string): string[] {
  const found: string[] = [];
  const levels: Level[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    const level = levels.at(-1);
    switch (text.charCodeAt(at)) {
      case 0x7b: // {
        levels.push({ keys: new Set(), key: '', index: 0 });
        expectsKey = true;
        break;
      case 0x5b: // [
        levels.push({ keys: undefined, key: '', index: 0 });
        expectsKey = false;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        levels.pop();
        expectsKey = false;
        break;
      case 0x2c: // ,
        if (level) level.index++;
        expectsKey = level?.keys !== undefined;
        break;
      case QUOTE: {
        const end = stringEnd(text, at);
        if (expectsKey && level?.keys) {
          level.key = JSON.parse(text.slice(at, end + 1)) as string;
          if (level.keys.has(level.key)) found.push(pathOf(levels));
          level.keys.add(level.key);
          expectsKey = false;
        }
        at = end;
      }
    }
  }
  return [...new Set(found)];
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function pathOf(levels: readonly Level[]): string {
  let path = '';
  for (const { keys, key, index } of levels) {
    if (keys) path += path === '' ? key : `.${key}`;
    else path += `[${index}]`;
  }
  return path;
}
