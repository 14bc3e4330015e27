// Bundles each program into dist/.
import { chmodSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { BUNDLED } from './bundled.mjs';

const PROGRAMS = {
  podwire: 'cli/main.ts',
  apiserver: 'apiserver/main.ts',
  agent: 'agents/main.ts',
  checkpoint: 'apiserver/storage/journal/fold-worker.ts',
  'cni-ipam': 'controllers/cni-ipam/main.ts',
  'controller-manager': 'controllers/controller-manager/main.ts',
  coredns: 'controllers/coredns/main.ts',
  endpoints: 'controllers/endpoints/main.ts',
  index: 'index.ts',
  'kube-proxy': 'controllers/kube-proxy/main.ts',
  'service-ip-allocator': 'controllers/service-ip-allocator/main.ts',
};

rmSync('dist', { recursive: true, force: true });
await build({ ...BUNDLED, entryPoints: PROGRAMS, outdir: 'dist' });
chmodSync('dist/podwire.js', 0o755);
