/** Splits a line as iptables-restore does: double quotes group, a backslash inside them escapes. */
export function tokenize(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(/[ \t]+/).filter((word) => word !== '');
  const tokens: string[] = [];
  let current = '';
  let inToken = false;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quoted) {
      if (char === '\\' && i + 1 < line.length) current += line[++i]!;
      else if (char === '"') quoted = false;
      else current += char;
    } else if (char === '"') {
      quoted = true;
      inToken = true;
    } else if (char === ' ' || char === '\t') {
      if (inToken) tokens.push(current);
      current = '';
      inToken = false;
    } else {
      current += char;
      inToken = true;
    }
  }
  if (quoted) return undefined;
  if (inToken) tokens.push(current);
  return tokens;
}

/** Quotes what iptables-save would (xtables_save_string). */
export function quote(text: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(text)) return text;
  return `"${text.replace(/["'\\]/g, '\\$&')}"`;
}
