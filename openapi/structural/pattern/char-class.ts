/** Whether a code point belongs to a class. */
export type CharClass = (code: number) => boolean;

export const single =
  (wanted: number): CharClass =>
  (code) =>
    code === wanted;
export const range =
  (from: number, to: number): CharClass =>
  (code) =>
    code >= from && code <= to;
export const negated =
  (inner: CharClass): CharClass =>
  (code) =>
    !inner(code);
export const anyOf =
  (classes: readonly CharClass[]): CharClass =>
  (code) =>
    classes.some((each) => each(code));
export const anything: CharClass = () => true;
export const notNewline: CharClass = (code) => code !== 0x0a;

/** A class that one character of a regular expression describes; the expression is ours, never a user's. */
function described(expression: RegExp): CharClass {
  return (code) => expression.test(String.fromCodePoint(code));
}

/** The Perl classes of RE2 are ASCII only. */
export const PERL: Readonly<Record<string, CharClass>> = {
  d: range(0x30, 0x39),
  w: anyOf([range(0x30, 0x39), range(0x41, 0x5a), range(0x61, 0x7a), single(0x5f)]),
  s: anyOf([0x20, 0x09, 0x0a, 0x0c, 0x0d].map(single)),
};

export const POSIX: Readonly<Record<string, CharClass>> = {
  alnum: described(/^[0-9A-Za-z]$/),
  alpha: described(/^[A-Za-z]$/),
  ascii: range(0, 0x7f),
  blank: described(/^[\t ]$/),
  cntrl: anyOf([range(0, 0x1f), single(0x7f)]),
  digit: described(/^[0-9]$/),
  graph: range(0x21, 0x7e),
  lower: described(/^[a-z]$/),
  print: range(0x20, 0x7e),
  punct: described(/^[!-/:-@[-`{-~]$/),
  space: described(/^[\t\n\v\f\r ]$/),
  upper: described(/^[A-Z]$/),
  word: described(/^[0-9A-Za-z_]$/),
  xdigit: described(/^[0-9A-Fa-f]$/),
};

const UNICODE_NAME = /^[A-Za-z_]{1,32}$/;

/** `L`, `Lu`, `Greek`: a general category or a script; undefined for a name that Unicode does not have. */
export function unicodeClass(name: string): CharClass | undefined {
  if (name === 'Any') return anything;
  if (!UNICODE_NAME.test(name)) return undefined;
  for (const property of [name, `Script=${name}`]) {
    try {
      return described(new RegExp(`^\\p{${property}}$`, 'u'));
    } catch {
      // Not the name of such a property.
    }
  }
  return undefined;
}

/** The same characters in either case. */
export function foldingCase(inner: CharClass): CharClass {
  return (code) => {
    if (inner(code)) return true;
    const text = String.fromCodePoint(code);
    return [text.toLowerCase(), text.toUpperCase()].some(
      (other) => other !== text && [...other].length === 1 && inner(other.codePointAt(0) ?? 0),
    );
  };
}
