import { readFileSync } from 'node:fs';
import { createCluster } from '../cluster/create-cluster.ts';
import { resources } from '../openapi/resources.ts';
import { type BenchLine, median } from './bench-line.ts';

const RUNS = 3;
const VIRTUAL_MS = 600_000;

/** Deploy, resolve, request, scale, kill a node, recover: in one process, on a virtual clock. */
export async function benchStory(): Promise<BenchLine[]> {
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    await story(run);
    seconds.push((performance.now() - began) / 1000);
  }
  return [
    { what: `the story in one process, median of ${RUNS}`, value: median(seconds), unit: 's', goal: '< 2 s' },
  ];
}

async function story(seed: number): Promise<void> {
  const cluster = await createCluster({ nodes: 3, seed });
  const ready = (count: number) =>
    cluster.until(async () => {
      const { status } = await cluster.get(resources.deployments, 'web');
      return status?.readyReplicas === count && status.unavailableReplicas === 0;
    }, VIRTUAL_MS);
  await cluster.apply(readFileSync('examples/web.yaml', 'utf8'));
  await ready(3);
  await cluster.fetch('http://127.0.18.2:30080/');
  await cluster.client.patch(
    resources.deployments,
    'web',
    'merge',
    { spec: { replicas: 5 } },
    { namespace: 'default' },
  );
  await ready(5);
  await cluster.killNode('node-3');
  await cluster.until(async () => {
    const { items } = await cluster.client.list(resources.pods, { namespace: 'default' });
    const active = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return active.length === 5 && active.every(({ spec }) => spec?.nodeName !== 'node-3');
  }, VIRTUAL_MS);
  await ready(5);
  await cluster.fetch('http://127.0.18.2:30080/');
  await cluster.startNode('node-3');
  await cluster.stop();
}
