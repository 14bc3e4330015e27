// Bundles the data plane's benchmark as dist/ is bundled, and runs that: what is measured is what users run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLED } from './bundled.mjs';

const folder = mkdtempSync(join(tmpdir(), 'podwire-bench-'));
try {
  await build({
    ...BUNDLED,
    entryPoints: { main: 'bench/net/main.ts', 'far-process': 'bench/net/far-process.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  });
  const { status } = spawnSync(process.execPath, ['--expose-gc', join(folder, 'main.mjs')], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
