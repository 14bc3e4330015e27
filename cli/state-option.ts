import { Option } from 'commander';
import { type ClusterState, StateDirectory } from '../cluster/state-directory.ts';
import { CliError } from './cli-error.ts';

export const stateOption = (): Option =>
  new Option('--state-dir <dir>', 'where the cluster keeps its files')
    .default('.podwire')
    .env('PODWIRE_STATE_DIR');

/** The running cluster of a state directory, or an error that says how to start one. */
export function runningCluster(path: string): { directory: StateDirectory; state: ClusterState } {
  const directory = new StateDirectory(path);
  const state = directory.readState();
  if (!state)
    throw new CliError(`no cluster runs with its state in ${directory.path}; start one with: podwire up`);
  return { directory, state };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
