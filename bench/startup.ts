import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { proportionalSetSize, startBenchCluster } from './bench-cluster.ts';
import { type BenchLine, median } from './bench-line.ts';

const RUNS = 5;

/** From `podwire up` to its word that the cluster works, and what all processes weigh then. */
export async function benchStartup(): Promise<BenchLine[]> {
  const seconds: number[] = [];
  const megabytes: number[] = [];
  const bareSeconds: number[] = [];
  let processes = 0;
  for (let run = 0; run < RUNS; run++) {
    const cluster = await startBenchCluster();
    seconds.push(cluster.secondsToReady);
    megabytes.push(proportionalSetSize(cluster.state));
    processes = cluster.state.processes.length;
    await cluster.stop();
    bareSeconds.push(await startBareProcesses(processes));
  }
  return [
    {
      what: `podwire up, 3 nodes, median of ${RUNS}`,
      value: median(seconds),
      unit: 's',
      limit: { value: median(bareSeconds), of: `${processes} bare Node processes` },
      goal: '≤ 2 s',
    },
    {
      what: 'memory of all processes (PSS), 3 nodes',
      value: median(megabytes),
      unit: 'MB',
      goal: '≤ 400 MB',
    },
  ];
}

/** Seconds until as many processes that do nothing have come and gone. */
async function startBareProcesses(count: number): Promise<number> {
  const began = performance.now();
  const children = Array.from({ length: count }, () => spawn(process.execPath, ['-e', '0']));
  await Promise.all(children.map((child) => once(child, 'exit')));
  return (performance.now() - began) / 1000;
}
