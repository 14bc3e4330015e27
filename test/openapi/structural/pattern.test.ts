import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget } from '../../../openapi/structural/budget.ts';
import { Pattern } from '../../../openapi/structural/pattern/pattern.ts';

const yes = (pattern: string, text: string): void =>
  expect(new Pattern(pattern).test(text, new Budget()), `${pattern} ${text}`).toBe('yes');
const no = (pattern: string, text: string): void =>
  expect(new Pattern(pattern).test(text, new Budget()), `${pattern} ${text}`).toBe('no');

describe('a pattern', () => {
  it('matches what RE2 matches', () => {
    yes('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 'a-b');
    no('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 'a-');
    yes('b+', 'abc');
    yes('', '');
    yes('^(?:a|bc){2,3}$', 'abca');
    no('^(?:a|bc){2,3}$', 'bc');
    yes('^x{2}$', 'xx');
    yes('^a{,2}$', 'a{,2}');
    yes('(?i)^HELLO$', 'hello');
    yes('(?i:h)ello', 'Hello');
    no('(?i:h)ello', 'HELLO');
    yes('(?s)a.b', 'a\nb');
    no('a.b', 'a\nb');
    yes('(?m)^b$', 'a\nb\nc');
    no('^b$', 'a\nb\nc');
    yes('\\bfoo\\b', 'a foo b');
    no('\\bfoo\\b', 'afoob');
    yes('^\\p{Lu}\\p{Greek}+$', 'Aαβ');
    yes('^\\pL+$', 'äß');
    no('^\\w+$', 'ä');
    yes('^[[:alpha:][:digit:]_]+$', 'a1_');
    yes('^[^\\d\\s]$', 'x');
    no('^[^\\d\\s]$', '1');
    yes('^[\\]\\-a]+$', ']-a');
    yes('^[]a]+$', ']a');
    yes('^\\x41\\x{1F600}\\101$', 'A😀A');
    yes('^\\Qa.b\\E$', 'a.b');
    yes('^(?P<year>\\d{4})-(?<month>\\d\\d)$', '2024-01');
    yes('^.$', '😀');
    yes('(a*)*$', 'aaa');
    yes('^\\A\\w+\\z$', 'abc');
  });

  it('is refused when RE2 would refuse it', () => {
    for (const pattern of [
      '(?=a)',
      '(?!a)',
      '(?<=a)b',
      '(a)\\1',
      '(',
      'a)',
      '[a',
      '[z-a]',
      '*a',
      'a**',
      'a{1001}',
      '(a{100}){100}',
      'a{2,1}',
      '\\',
      '\\y',
      '\\p{Nope}',
      '[[:nope:]]',
      '(?z)a',
      '\\x{110000}',
      '('.repeat(5000),
    ]) {
      expect(() => Pattern.check(pattern, new Budget()), pattern.slice(0, 20)).toThrow(
        /^error parsing regexp: /,
      );
    }
  });

  it('is refused when others have used up what a schema may have', () => {
    const budget = new Budget(1500);
    Pattern.check('a{1000}', budget);
    expect(() => Pattern.check('a{1000}', budget)).toThrow('the patterns of the schema are too large in all');
    expect(() => Pattern.check('a', budget)).toThrow('too large in all');
  });

  it('agrees with JavaScript about simple ones', () => {
    const atom = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', '(?:a|b)', '(?:ab|)', '\\w', '(?:(?:a*b)?)');
    const counted = fc
      .tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?'))
      .map((parts) => parts.join(''));
    const pattern = fc.array(counted, { maxLength: 5 }).map((parts) => parts.join(''));
    const anchored = fc
      .tuple(fc.constantFrom('', '^'), pattern, fc.constantFrom('', '$'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        anchored,
        fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 }),
        (source, text) => {
          expect(new Pattern(source).test(text, new Budget())).toBe(
            new RegExp(source).test(text) ? 'yes' : 'no',
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('takes no longer than text times pattern, and gives up on what is too long', () => {
    const begin = performance.now();
    no('^(a+)+$', `${'a'.repeat(20_000)}!`);
    no('^(a|aa|a*)*$', `${'a'.repeat(5_000)}!`);
    expect(new Pattern('(?:[ab]{1,1000})*c').test('ab'.repeat(500_000), new Budget())).toBe('unknown');
    expect(performance.now() - begin).toBeLessThan(5_000);
  });
});
