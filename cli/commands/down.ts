import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { isAlive, runningCluster, stateOption } from '../state-option.ts';

const WAIT_MS = 15_000;
const POLL_MS = 25;

export function downCommand(): Command {
  return new Command('down')
    .description('stop a cluster and remove its files')
    .addOption(stateOption())
    .action(async ({ stateDir }: { stateDir: string }) => {
      const { directory, state } = runningCluster(stateDir);
      const pids = state.processes.map(({ pid }) => pid);
      const supervisor = state.processes.find(({ name }) => name === 'podwire')?.pid;
      if (supervisor !== undefined && isAlive(supervisor)) process.kill(supervisor, 'SIGTERM');
      // Without their supervisor the others end by themselves.
      const deadline = Date.now() + WAIT_MS;
      while (pids.some(isAlive)) {
        if (Date.now() > deadline) throw new CliError(`still running: ${pids.filter(isAlive).join(' ')}`);
        await sleep(POLL_MS);
      }
      directory.remove();
      process.stdout.write('the cluster is stopped\n');
    });
}
