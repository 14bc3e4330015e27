import { join } from 'node:path';
import { Http2Transport } from '../client/http2-transport.ts';
import { RestClient } from '../client/rest-client.ts';
import type { Node } from '../openapi/generated/types.ts';
import { resources } from '../openapi/resources.ts';
import { CertificateAuthority } from '../platform/certificate-authority.ts';
import { systemClock } from '../platform/clock.ts';
import { installClusterDns, installProxyConfig } from './addons.ts';
import { type ClusterConfig, nodePlaces } from './cluster-config.ts';
import { freePort } from './free-port.ts';
import type { KeptDirectory } from './kept-directory.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import { type ProcessPlan, processPlans } from './process-plan.ts';
import { newServiceAccountKey } from './service-account-key.ts';
import type { StateDirectory } from './state-directory.ts';
import { SupervisedProcess } from './supervised-process.ts';

export interface SupervisorOptions {
  readonly config: ClusterConfig;
  readonly state: StateDirectory;
  /** Where the cluster goes on from its last run; left out: it begins anew, and nothing is kept. */
  readonly kept?: KeptDirectory | undefined;
  /** Where each node finds its static pods, in a folder of its own name. */
  readonly staticPods?: string | undefined;
  /** The folder of the bundled programs. */
  readonly programs: string;
  /** One line for each step that is done. */
  readonly onProgress: (what: string) => void;
}

/** How often the nodes are asked whether they are ready while the cluster starts. */
const POLL_MS = 15;
const START_MS = 60_000;

/** Runs a cluster as processes of this machine. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #processes = new Map<string, SupervisedProcess>();
  #apiserver = '';
  #dns = '';
  #started = false;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get apiserver(): string {
    return this.#apiserver;
  }

  get dns(): string {
    return this.#dns;
  }

  /** Starts everything; resolves when nodes, DNS and the `kubernetes` Service work. */
  async start(): Promise<void> {
    const { state } = this.#options;
    state.create();
    // The API server tells its port to the cluster before it listens, so it must be known.
    const config = { ...this.#options.config, port: this.#options.config.port || (await freePort()) };
    this.#apiserver = `https://127.0.0.1:${config.port}`;
    const authority = await this.#createAuthority();
    const admin = await authority.issue({
      commonName: 'kubernetes-admin',
      organizations: ['system:masters'],
    });
    const access = { server: this.#apiserver, ca: authority.cert, ...admin };
    // All at once: the others try again until the API server answers.
    const folders = { storage: this.#options.kept?.storage, staticPods: this.#options.staticPods };
    await Promise.all(processPlans(config, folders).map((plan) => this.#startComponent(plan, authority)));
    const transport = new Http2Transport(access, systemClock);
    try {
      await this.#finish(new RestClient(transport, 'podwire-up'));
    } finally {
      transport.close();
    }
    const { cert: ca } = authority;
    state.write(
      'kubeconfig',
      kubeconfigFile({ server: access.server, ca, user: 'kubernetes-admin', credentials: admin }),
    );
    this.#started = true;
    this.#writeState();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const all = [...this.#processes.values()].reverse();
    await Promise.all(all.map((process) => process.stop()));
    this.#options.state.remove();
  }

  async restart(name: string): Promise<void> {
    const process = this.#processes.get(name);
    if (!process)
      throw new Error(`there is no process ${name}; there are ${[...this.#processes.keys()].join(', ')}`);
    await process.restart();
  }

  /** What every component's certificate is signed with, and what the API server shows to the nodes. */
  async #createAuthority(): Promise<CertificateAuthority> {
    const { state, kept } = this.#options;
    const now = Date.now();
    const authority = await (kept ? kept.authority(now) : CertificateAuthority.create(now));
    state.write('pki/ca.crt', authority.cert);
    state.write('pki/ca.key', await authority.key());
    state.write('pki/sa.key', kept ? kept.serviceAccountKey() : newServiceAccountKey());
    const kubelet = await authority.issue({ commonName: 'kube-apiserver-kubelet-client' });
    state.write('pki/kubelet-client.crt', kubelet.cert);
    state.write('pki/kubelet-client.key', kubelet.key);
    return authority;
  }

  async #startComponent(plan: ProcessPlan, authority: CertificateAuthority): Promise<void> {
    await this.#writeCredentials(plan, authority);
    if (this.#stopping) return;
    const { info } = await this.#spawn(plan).ready();
    if (plan.name === 'coredns') this.#dns = `${info.address}:${info.port}`;
    const addresses: Readonly<Record<string, string>> = { apiserver: this.#apiserver, coredns: this.#dns };
    this.#options.onProgress(`${plan.name.padEnd(21)} ${addresses[plan.name] ?? ''}`.trimEnd());
  }

  async #writeCredentials(plan: ProcessPlan, authority: CertificateAuthority): Promise<void> {
    const { state } = this.#options;
    if (plan.user) {
      const credentials = await authority.issue(plan.user);
      const user = plan.user.commonName;
      const file = kubeconfigFile({ server: this.#apiserver, ca: authority.cert, user, credentials });
      state.write(`components/${plan.name}.kubeconfig`, file);
    }
    if (plan.serverNames) {
      const server = await authority.issue({ commonName: plan.name, serverNames: plan.serverNames });
      state.write(`pki/${plan.name}.crt`, server.cert);
      state.write(`pki/${plan.name}.key`, server.key);
    }
  }

  #spawn(plan: ProcessPlan): SupervisedProcess {
    const { state, programs } = this.#options;
    const process = new SupervisedProcess({
      name: plan.name,
      script: join(programs, `${plan.program}.js`),
      args: plan.args({
        kubeconfig: state.file('components', `${plan.name}.kubeconfig`),
        ca: state.file('pki', 'ca.crt'),
        serverCert: state.file('pki', `${plan.name}.crt`),
        serverKey: state.file('pki', `${plan.name}.key`),
        kubeletClientCert: state.file('pki', 'kubelet-client.crt'),
        caKey: state.file('pki', 'ca.key'),
        serviceAccountKey: state.file('pki', 'sa.key'),
        kubeletClientKey: state.file('pki', 'kubelet-client.key'),
      }),
      logFile: state.file('logs', `${plan.name}.log`),
      restart: plan.restart,
      onChange: () => this.#writeState(),
    });
    this.#processes.set(plan.name, process);
    process.start();
    return process;
  }

  /** The last steps: DNS inside the cluster, and all nodes ready. */
  async #finish(client: RestClient): Promise<void> {
    const { config, onProgress } = this.#options;
    const [address = '', port = ''] = this.#dns.split(':');
    await installClusterDns(client, config, { address, port: Number(port) });
    await installProxyConfig(client, config);
    const deadline = Date.now() + START_MS;
    for (;;) {
      const { items } = await client.list(resources.nodes);
      const ready = items.filter((node) => this.#runs(node) && isReady(node));
      if (ready.length >= config.nodes) break;
      if (Date.now() > deadline) {
        throw new Error(`only ${ready.length} of ${config.nodes} nodes are ready after ${START_MS / 1000} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    onProgress(`nodes                 ${config.nodes} ready`);
  }

  /** A node may be left over from an earlier run: it counts when it shows what its agent said at its start. */
  #runs({ metadata, status }: Node): boolean {
    const agent = this.#processes.get(`agent-${metadata.name}`);
    const bootId = agent?.readyMessage?.info.bootId;
    return bootId !== undefined && status?.nodeInfo?.bootID === bootId;
  }

  #writeState(): void {
    if (!this.#started) return;
    const { config, state } = this.#options;
    const running = [...this.#processes.values()].filter(({ pid }) => pid !== undefined);
    state.writeState({
      apiserver: this.#apiserver,
      dns: this.#dns,
      kubeconfig: state.kubeconfig,
      nodes: nodePlaces(config).map(({ name, ip, hostAddress }) => ({ name, ip, hostAddress })),
      processes: [
        { name: 'podwire', pid: process.pid },
        ...running.map(({ name, pid, readyMessage }) => ({
          name,
          pid: pid ?? 0,
          ...(readyMessage ? { health: readyMessage.health } : {}),
        })),
      ],
    });
  }
}

function isReady({ status }: Node): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}
