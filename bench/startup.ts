import { proportionalSetSize, startBenchCluster } from './bench-cluster.ts';
import { type BenchLine, median } from './bench-line.ts';

const RUNS = 5;

/** From `podwire up` to its word that the cluster works, and what all processes weigh then. */
export async function benchStartup(): Promise<BenchLine[]> {
  const seconds: number[] = [];
  const megabytes: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const cluster = await startBenchCluster();
    seconds.push(cluster.secondsToReady);
    megabytes.push(proportionalSetSize(cluster.state));
    await cluster.stop();
  }
  return [
    { what: `podwire up, 3 nodes, median of ${RUNS}`, value: median(seconds), unit: 's', goal: '≤ 2 s' },
    {
      what: 'memory of all processes (PSS), 3 nodes',
      value: median(megabytes),
      unit: 'MB',
      goal: '≤ 400 MB',
    },
  ];
}
