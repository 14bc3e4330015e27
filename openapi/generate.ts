import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { typesSource } from './types-source.ts';

/** Writes generated/types.ts; with `--check` it only says whether the file is up to date. */
const target = fileURLToPath(new URL('./generated/types.ts', import.meta.url));
const source = typesSource();
if (!process.argv.includes('--check')) writeFileSync(target, source);
else if (readFileSync(target, 'utf8') !== source) {
  console.error('openapi/generated/types.ts is out of date: node --import tsx openapi/generate.ts');
  process.exitCode = 1;
}
