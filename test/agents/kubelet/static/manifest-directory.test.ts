import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ManifestDirectory } from '../../../../agents/kubelet/static/manifest-directory.ts';

let root: string;
let directory: ManifestDirectory | undefined;
let latest: Record<string, string> = {};
const faults: string[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'podwire-manifests-'));
  faults.length = 0;
});
afterEach(() => {
  directory?.close();
  rmSync(root, { recursive: true });
});

async function open(path: string): Promise<void> {
  directory = await ManifestDirectory.open({
    path,
    onManifests: (manifests) => {
      latest = Object.fromEntries(manifests);
    },
    onFault: (message) => faults.push(message),
  });
}

const become = (wanted: Record<string, string>): Promise<void> =>
  vi.waitFor(() => expect(latest).toEqual(wanted), { timeout: 5000 });

it('makes the folder, and follows files that come, change, are renamed and go', async () => {
  const path = join(root, 'node-1', 'manifests');
  await open(path);
  expect(latest).toEqual({});
  writeFileSync(join(path, 'a.yaml'), 'one');
  await become({ 'a.yaml': 'one' });
  writeFileSync(join(path, 'a.yaml'), 'two');
  await become({ 'a.yaml': 'two' });
  renameSync(join(path, 'a.yaml'), join(path, 'b.yaml'));
  await become({ 'b.yaml': 'two' });
  rmSync(join(path, 'b.yaml'));
  await become({});
});

it('reads what is there at once, but no hidden files, folders, sockets or what is far too long', async () => {
  writeFileSync(join(root, 'a.yaml'), 'one');
  writeFileSync(join(root, '.a.yaml.swp'), 'no');
  mkdirSync(join(root, 'folder'));
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(join(root, 'socket'), resolve));
  writeFileSync(join(root, 'long'), '');
  truncateSync(join(root, 'long'), 11 << 20);
  await open(root);
  socket.close();
  expect(latest).toEqual({ 'a.yaml': 'one' });
  expect(faults).toEqual([`${join(root, 'long')} is longer than 10485760 bytes`]);
});
