import { describe, expect, it } from 'vitest';
import { canonicalQuantity, quantityNanos } from '../../openapi/quantity.ts';

describe('canonicalQuantity', () => {
  it.each([
    ['0', '0'],
    ['1', '1'],
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['1000Ki', '1000Ki'],
    ['1e3', '1e3'],
    ['12E', '12E'],
    ['-1.5', '-1500m'],
    ['100M', '100M'],
    ['.1', '100m'],
    ['0.0000000001', '1n'],
  ])('%s is %s', (text, expected) => {
    expect(canonicalQuantity(text)).toBe(expected);
  });

  it.each(['', 'x', '1x', '1 Gi', 'Gi', '--1', '1e', '0x10', `${'9'.repeat(100)}`, '1e999'])(
    '%j is none',
    (text) => {
      expect(canonicalQuantity(text)).toBeUndefined();
    },
  );

  it('compares across units', () => {
    expect(quantityNanos('1Gi')).toBeGreaterThan(quantityNanos('1G') ?? 0n);
    expect(quantityNanos('1')).toBe(1_000_000_000n);
  });
});
