import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { typesSource } from '../../openapi/types-source.ts';

describe('generated/types.ts', () => {
  it('is what the field table says (else run: node --import tsx openapi/generate.ts)', () => {
    const file = new URL('../../openapi/generated/types.ts', import.meta.url);
    expect(readFileSync(file, 'utf8') === typesSource()).toBe(true);
  });
});
