import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Pod } from '../../openapi/generated/types.ts';
import { eventually } from './eventually.ts';
import { command, RunningCluster } from './running-cluster.ts';

const directory = mkdtempSync(join(tmpdir(), 'podwire-data-'));
const data = join(directory, 'data');
const clusters: RunningCluster[] = [];

async function start(): Promise<RunningCluster> {
  const cluster = await RunningCluster.start('127.0.63.0/24', [`--data-dir=${data}`]);
  clusters.push(cluster);
  return cluster;
}

afterAll(async () => {
  for (const cluster of clusters) await cluster.stop();
  rmSync(directory, { recursive: true, force: true });
});

it('a cluster goes on where it was, after an orderly end and after all its processes were killed', async () => {
  let cluster = await start();
  await cluster.kubectl('apply', '-f', 'examples/web.yaml');
  await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
  const before = await webPods(cluster);
  const address = await cluster.kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
  const kubeconfig = join(directory, 'kubeconfig');
  cpSync(join(cluster.stateDir, 'kubeconfig'), kubeconfig);
  for (const { pid } of cluster.state.processes) process.kill(pid, 'SIGKILL');
  await cluster.stop();

  cluster = await start();
  await works(cluster);
  expect(await cluster.kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}')).toBe(address);
  const after = await webPods(cluster);
  expect(new Set(after.map(({ metadata }) => metadata.uid))).toEqual(
    new Set(before.map(({ metadata }) => metadata.uid)),
  );
  // The old credentials still open the cluster at its new address.
  const { exitCode, stdout } = await command('kubectl', [
    `--kubeconfig=${kubeconfig}`,
    `--server=${cluster.state.apiserver}`,
    'get',
    'deployment/web',
    '-o',
    'name',
  ]);
  expect([exitCode, stdout.trim()]).toEqual([0, 'deployment.apps/web']);
  await cluster.kubectl('scale', 'deployment/web', '--replicas=4');
  await cluster.stop();

  cluster = await start();
  await works(cluster);
  expect(await webPods(cluster)).toHaveLength(4);
}, 120_000);

async function works(cluster: RunningCluster): Promise<void> {
  await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
  await eventually(async () => {
    const pods = await webPods(cluster);
    const addresses = pods.map(({ status }) => status?.podIP);
    expect(new Set(addresses).size).toBe(pods.length);
    for (const node of [1, 2, 3]) {
      const response = await fetch(`http://${cluster.hostAddress(node)}:30080/`, {
        signal: AbortSignal.timeout(2_000),
        headers: { connection: 'close' },
      });
      const { pod } = (await response.json()) as { pod: string };
      expect(pods.map(({ metadata }) => metadata.name)).toContain(pod);
    }
  });
}

async function webPods(cluster: RunningCluster): Promise<readonly Pod[]> {
  return (await cluster.kubectlJson<{ items: Pod[] }>('get', 'pods', '-l', 'app=web')).items;
}
