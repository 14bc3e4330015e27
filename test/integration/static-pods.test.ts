import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { hasTool, RunningCluster } from './running-cluster.ts';

const MANIFEST = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  hostNetwork: true
  containers:
  - name: web
    image: podwire/echo
    ports: [{ containerPort: 8080 }]
`;

let folder: string;
let cluster: RunningCluster;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podwire-static-'));
  mkdirSync(join(folder, 'node-1'));
  writeFileSync(join(folder, 'node-1', 'web.yaml'), MANIFEST);
  cluster = await RunningCluster.start('127.0.68.0/24', ['--nodes=2', `--static-pod-path=${folder}`]);
});
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true });
});

describe.runIf(hasTool('kubectl'))('static pods', () => {
  it('run on the node of their folder, and kubectl sees them', async () => {
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/web-node-1', '--timeout=30s');
    expect((await fetch('http://127.0.68.2:8080/')).status).toBe(200);
    expect(await cluster.kubectl('logs', 'web-node-1')).toContain('GET /');
    expect(await cluster.kubectl('describe', 'pod', 'web-node-1')).toMatch(/Controlled By: +Node\/node-1/);
  });

  it('come back when kubectl deletes them, and survive a drain', async () => {
    const uid = (): Promise<string> =>
      cluster.kubectl('get', 'pod', 'web-node-1', '-o', 'jsonpath={.metadata.uid}');
    const before = await uid();
    await cluster.kubectl('delete', 'pod', 'web-node-1', '--wait=false');
    await eventually(async () => expect(await uid()).not.toBe(before));
    await cluster.kubectl('drain', 'node-1', '--ignore-daemonsets', '--delete-emptydir-data');
    expect((await fetch('http://127.0.68.2:8080/')).status).toBe(200);
  });

  it('follow the folder of a running node', async () => {
    const path = join(folder, 'node-2', 'later.yaml');
    writeFileSync(path, MANIFEST);
    await eventually(async () => expect((await fetch('http://127.0.68.3:8080/')).status).toBe(200));
    rmSync(path);
    await eventually(async () => {
      await expect(fetch('http://127.0.68.3:8080/')).rejects.toThrow();
      expect(await cluster.kubectl('get', 'pods', '-o', 'name')).toBe('pod/web-node-1\n');
    });
  });
});
