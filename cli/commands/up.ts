import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type ClusterConfig,
  DEFAULT_CONFIG,
  MOST_NODES,
  networkFault,
} from '../../cluster/cluster-config.ts';
import { startControlServer } from '../../cluster/control-server.ts';
import { KeptDirectory } from '../../cluster/kept-directory.ts';
import { StateDirectory } from '../../cluster/state-directory.ts';
import { Supervisor } from '../../cluster/supervisor.ts';
import { parseDuration } from '../../platform/duration.ts';
import { CliError } from '../cli-error.ts';
import { isAlive, stateOption } from '../state-option.ts';
import { summary } from '../summary.ts';

type UpOptions = ClusterConfig & {
  readonly stateDir: string;
  readonly dataDir?: string;
  readonly staticPodPath?: string;
  readonly detach?: boolean;
};

export function upCommand(): Command {
  return new Command('up')
    .description('start a cluster, wait until it works, and keep it running until Ctrl-C')
    .addOption(stateOption())
    .option('--data-dir <dir>', 'keep the objects and the certificate authority here for the next start')
    .option(
      '--static-pod-path <dir>',
      'run the pods of the manifests in <dir>/<node>, such as <dir>/node-1/web.yaml, whatever the API server says',
    )
    .option('--nodes <count>', 'simulated nodes', integer(1, MOST_NODES), DEFAULT_CONFIG.nodes)
    .option(
      '--port <port>',
      'port of the API server on 127.0.0.1; 0: any',
      integer(0, 65535),
      DEFAULT_CONFIG.port,
    )
    .option(
      '--dns-port <port>',
      'port of DNS on 127.0.0.1; 0: any',
      integer(0, 65535),
      DEFAULT_CONFIG.dnsPort,
    )
    .option(
      '--host-network <cidr>',
      'loopback /24 through which the machine reaches the nodes',
      loopback,
      DEFAULT_CONFIG.hostNetwork,
    )
    .option(
      '--cluster-cidr <cidrs>',
      'the pod network; with one of IPv6 after a comma the cluster has both families',
      DEFAULT_CONFIG.clusterCidr,
    )
    .option(
      '--service-cidr <cidrs>',
      "the Services' networks, of the same families",
      DEFAULT_CONFIG.serviceCidr,
    )
    .option('--cluster-dns <ip>', "the address of the cluster's DNS", DEFAULT_CONFIG.clusterDns)
    .option('--cluster-domain <zone>', "the cluster's DNS zone", DEFAULT_CONFIG.clusterDomain)
    .option('--node-port-range <range>', 'node ports', DEFAULT_CONFIG.nodePortRange)
    .addOption(
      new Option('--proxy-mode <mode>', 'how kube-proxy programs the nodes')
        .choices(['iptables', 'ipvs', 'nftables'])
        .default(DEFAULT_CONFIG.proxyMode),
    )
    .option(
      '--node-monitor-grace-period <duration>',
      'a node silent for longer is NotReady',
      duration,
      DEFAULT_CONFIG.nodeMonitorGracePeriod,
    )
    .option(
      '--node-lease-renew-interval <duration>',
      'how often a node says that it is alive',
      duration,
      DEFAULT_CONFIG.nodeLeaseRenewInterval,
    )
    .option(
      '--default-not-ready-toleration-seconds <seconds>',
      'how long pods stay on a node that is not ready',
      integer(0, 86400),
      DEFAULT_CONFIG.notReadyTolerationSeconds,
    )
    .option(
      '--default-unreachable-toleration-seconds <seconds>',
      'how long pods stay on a node that is silent',
      integer(0, 86400),
      DEFAULT_CONFIG.unreachableTolerationSeconds,
    )
    .option('--detach', 'give the terminal back once the cluster works')
    .action((options: UpOptions & Record<string, unknown>) =>
      options.detach ? detach(options.stateDir) : up(withTolerations(options)),
    );
}

/** The two flags that Kubernetes names at length. */
function withTolerations(options: UpOptions & Record<string, unknown>): UpOptions {
  return {
    ...options,
    notReadyTolerationSeconds: options.defaultNotReadyTolerationSeconds as number,
    unreachableTolerationSeconds: options.defaultUnreachableTolerationSeconds as number,
  };
}

async function up({ stateDir, dataDir, staticPodPath, ...config }: UpOptions): Promise<void> {
  const began = performance.now();
  const fault = networkFault(config);
  if (fault !== undefined) throw new CliError(fault);
  const state = new StateDirectory(stateDir);
  const present = state.readState()?.processes.find(({ name }) => name === 'podwire');
  if (present && isAlive(present.pid)) {
    throw new CliError(
      `a cluster already runs with its state in ${state.path} (pid ${present.pid}); stop it with: podwire down`,
    );
  }
  state.remove();
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const kept = dataDir === undefined ? undefined : new KeptDirectory(dataDir);
  const supervisor = new Supervisor({
    config,
    state,
    kept,
    staticPods: staticPodPath === undefined ? undefined : resolve(staticPodPath),
    programs: import.meta.dirname,
    onProgress: print,
  });
  const end = endOnSignal();
  try {
    await Promise.race([supervisor.start().catch(explain), end.requested]);
    if (end.isRequested()) return;
    const control = await startControlServer(state.controlSocket, supervisor);
    print(summary({ config, supervisor, state, seconds: (performance.now() - began) / 1000 }));
    process.send?.({ kind: 'up' });
    process.disconnect?.();
    await end.requested;
    control.close();
    print('stopping');
  } finally {
    await supervisor.stop();
  }
}

/** Adds what to do to an error that users can mend. */
function explain(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  const hint = message.includes('EADDRINUSE')
    ? '\nAnother program, perhaps another cluster, uses the address. Stop it, or choose others with --port, --dns-port and --host-network.'
    : '';
  throw new CliError(message + hint);
}

function endOnSignal(): { requested: Promise<void>; isRequested: () => boolean } {
  let requested = false;
  const promise = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        requested = true;
        resolve();
      });
    }
  });
  return { requested: promise, isRequested: () => requested };
}

/** Runs the same command again without `--detach`, and lets go of it when the cluster works. */
function detach(stateDir: string): Promise<void> {
  const state = new StateDirectory(stateDir);
  state.create();
  const log = openSync(join(state.path, 'logs', 'up.log'), 'a', 0o600);
  const args = process.argv.slice(1).filter((argument) => argument !== '--detach');
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new CliError(`the cluster did not start (exit code ${code})`)));
    child.once('message', () => {
      process.stdout.write(
        `the cluster runs in the background; stop it with: podwire down --state-dir ${stateDir}\n`,
      );
      release(child);
      resolve();
    });
  });
}

function release(child: ChildProcess): void {
  child.removeAllListeners('exit');
  if (child.connected) child.disconnect();
  child.unref();
}

function integer(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

function duration(text: string): string {
  try {
    parseDuration(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function loopback(text: string): string {
  if (/^127\.\d{1,3}\.\d{1,3}\.0\/24$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a /24 of loopback addresses such as 127.0.18.0/24.');
}
