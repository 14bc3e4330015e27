import { renameSync, writeFileSync } from 'node:fs';

/** Writes a file that only its owner may read; it is there whole or not at all. */
export function writePrivateFile(path: string, content: string): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}
