import { mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writePrivateFile } from './write-private-file.ts';

/** `cluster.json`: what runs, for tools. */
export interface ClusterState {
  readonly apiserver: string;
  /** `address:port` where DNS is answered over UDP and TCP. */
  readonly dns: string;
  readonly kubeconfig: string;
  readonly nodes: readonly { readonly name: string; readonly ip: string; readonly hostAddress: string }[];
  readonly processes: readonly ProcessState[];
}

export interface ProcessState {
  readonly name: string;
  readonly pid: number;
  /** Where it answers /healthz and /metrics. */
  readonly health?: string;
}

/** The folder in which a running cluster keeps its files; nobody else may read the keys in it. */
export class StateDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  get kubeconfig(): string {
    return join(this.path, 'kubeconfig');
  }

  get controlSocket(): string {
    return join(this.path, 'control.sock');
  }

  create(): void {
    for (const folder of ['', 'pki', 'components', 'logs']) {
      mkdirSync(join(this.path, folder), { recursive: true, mode: 0o700 });
    }
  }

  file(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  write(name: string, content: string): string {
    const path = join(this.path, name);
    writePrivateFile(path, content);
    return path;
  }

  writeState(state: ClusterState): void {
    this.write('cluster.json', `${JSON.stringify(state, undefined, 2)}\n`);
  }

  /** Undefined if no cluster has left its state here. */
  readState(): ClusterState | undefined {
    try {
      return JSON.parse(readFileSync(join(this.path, 'cluster.json'), 'utf8')) as ClusterState;
    } catch {
      return undefined;
    }
  }

  /** Removes what a cluster made, and the folder itself if nothing else is in it. */
  remove(): void {
    for (const name of ['pki', 'components', 'logs', 'kubeconfig', 'cluster.json', 'control.sock']) {
      rmSync(join(this.path, name), { recursive: true, force: true });
    }
    try {
      rmdirSync(this.path);
    } catch {
      // Somebody's own files are in it: it stays.
    }
  }
}
