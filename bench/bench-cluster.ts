import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterState, StateDirectory } from '../cluster/state-directory.ts';

/** A cluster that was started for a measurement, and how long that took. */
export interface BenchCluster {
  readonly secondsToReady: number;
  readonly state: ClusterState;
  stop(): Promise<void>;
}

const HOST_NETWORK = '127.0.71.0/24';

/** Starts `podwire up` as a user does and waits for its word. */
export async function startBenchCluster(nodes = 3): Promise<BenchCluster> {
  const parent = mkdtempSync(join(tmpdir(), 'podwire-bench-'));
  const stateDir = join(parent, 'state');
  const flags = [
    '--state-dir',
    stateDir,
    '--port=0',
    '--dns-port=0',
    `--host-network=${HOST_NETWORK}`,
    `--nodes=${nodes}`,
  ];
  const began = performance.now();
  const child = spawn(process.execPath, ['dist/podwire.js', 'up', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await untilReady(child);
  const secondsToReady = (performance.now() - began) / 1000;
  const state = new StateDirectory(stateDir).readState();
  if (!state) throw new Error('the cluster left no cluster.json');
  return {
    secondsToReady,
    state,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

function untilReady(child: ChildProcess): Promise<void> {
  let output = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('The cluster works')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`podwire up exited ${code}`)));
  });
}

/** Proportional set size of all processes together, in MB; shared pages count once (proc(5), smaps_rollup). */
export function proportionalSetSize({ processes }: ClusterState): number {
  const kilobytes = processes.map(({ pid }) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
  });
  return kilobytes.reduce((sum, value) => sum + value, 0) / 1024;
}
