const SPACE = 32;
const TAB = 9;
const QUOTE = 34;
const BACKSLASH = 92;

/** Splits a line as iptables-restore does: double quotes group, a backslash inside them escapes. */
export function tokenize(line: string): string[] | undefined {
  const tokens: string[] = [];
  for (let at = 0; at < line.length; ) {
    const code = line.charCodeAt(at);
    if (code === SPACE || code === TAB) {
      at++;
      continue;
    }
    let end = at;
    while (end < line.length && !isBoundary(line.charCodeAt(end))) end++;
    if (line.charCodeAt(end) === QUOTE) {
      const quoted = quotedToken(line, at);
      if (quoted === undefined) return undefined;
      tokens.push(quoted.token);
      at = quoted.end;
    } else {
      tokens.push(line.slice(at, end));
      at = end;
    }
  }
  return tokens;
}

function isBoundary(code: number): boolean {
  return code === SPACE || code === TAB || code === QUOTE;
}

/** The token at `start`, which has a quoted part; undefined if that does not end. */
function quotedToken(
  line: string,
  start: number,
): { readonly token: string; readonly end: number } | undefined {
  let token = '';
  let isQuoted = false;
  let from = start;
  for (let at = start; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (isQuoted && code === BACKSLASH && at + 1 < line.length) {
      token += line.slice(from, at);
      from = ++at;
    } else if (code === QUOTE) {
      token += line.slice(from, at);
      from = at + 1;
      isQuoted = !isQuoted;
    } else if (!isQuoted && (code === SPACE || code === TAB)) {
      return { token: token + line.slice(from, at), end: at };
    }
  }
  return isQuoted ? undefined : { token: token + line.slice(from), end: line.length };
}

/** Quotes what iptables-save would (xtables_save_string). */
export function quote(text: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(text)) return text;
  return `"${text.replace(/["'\\]/g, '\\$&')}"`;
}
