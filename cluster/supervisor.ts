import { join } from 'node:path';
import { Http2Transport } from '../client/http2-transport.ts';
import { RestClient } from '../client/rest-client.ts';
import { resources } from '../openapi/resources.ts';
import type { ReadyMessage } from '../platform/component-process.ts';
import { installClusterDns } from './addons.ts';
import { CertificateAuthority, type KeyPair } from './certificate-authority.ts';
import { type ClusterConfig, nodePlaces } from './cluster-config.ts';
import { freePort } from './free-port.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import { type ProcessPlan, processPlans } from './process-plan.ts';
import type { StateDirectory } from './state-directory.ts';
import { SupervisedProcess } from './supervised-process.ts';

export interface SupervisorOptions {
  readonly config: ClusterConfig;
  readonly state: StateDirectory;
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
    const { config, state, onProgress } = this.#options;
    state.create();
    const now = Date.now();
    const ca = await CertificateAuthority.create(now);
    const caFile = state.write('pki/ca.crt', ca.cert);
    const server = await this.#startApiServer(ca, caFile, now);
    this.#apiserver = `https://127.0.0.1:${server.info.port}`;
    onProgress(`apiserver             ${this.#apiserver}`);
    const admin = await ca.issue({ commonName: 'kubernetes-admin', organizations: ['system:masters'] }, now);
    const access = { server: this.#apiserver, ca: ca.cert, ...admin };
    state.write(
      'kubeconfig',
      kubeconfigFile({ server: access.server, ca: ca.cert, user: 'kubernetes-admin', credentials: admin }),
    );
    const others = processPlans({ ...config, port: Number(server.info.port) }).slice(1);
    await Promise.all(others.map((plan) => this.#startComponent(plan, ca, caFile, now)));
    const transport = new Http2Transport(access);
    try {
      await this.#finish(new RestClient(transport, 'podwire-up'));
    } finally {
      transport.close();
    }
    this.#started = true;
    this.#writeState();
  }

  async stop(): Promise<void> {
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

  async #startApiServer(ca: CertificateAuthority, caFile: string, now: number): Promise<ReadyMessage> {
    const { state } = this.#options;
    // The server tells its port to the cluster before it listens, so it must be known.
    const port = this.#options.config.port || (await freePort());
    const [plan] = processPlans({ ...this.#options.config, port });
    if (!plan) throw new Error('a cluster needs an API server');
    const kubelet = await ca.issue({ commonName: 'kube-apiserver-kubelet-client' }, now);
    state.write('pki/kubelet-client.crt', kubelet.cert);
    state.write('pki/kubelet-client.key', kubelet.key);
    return this.#spawn(plan, caFile, await this.#serverCertificate(plan, ca, now)).ready();
  }

  async #startComponent(
    plan: ProcessPlan,
    ca: CertificateAuthority,
    caFile: string,
    now: number,
  ): Promise<void> {
    const { state, onProgress } = this.#options;
    const [credentials, server] = await Promise.all([
      plan.user ? ca.issue(plan.user, now) : undefined,
      this.#serverCertificate(plan, ca, now),
    ]);
    if (credentials && plan.user) {
      const user = plan.user.commonName;
      state.write(
        `components/${plan.name}.kubeconfig`,
        kubeconfigFile({ server: this.#apiserver, ca: ca.cert, user, credentials }),
      );
    }
    const { info } = await this.#spawn(plan, caFile, server).ready();
    if (plan.name === 'coredns') this.#dns = `${info.address}:${info.port}`;
    const where = plan.name === 'coredns' ? this.#dns : '';
    onProgress(`${plan.name.padEnd(21)} ${where}`.trimEnd());
  }

  async #serverCertificate(
    plan: ProcessPlan,
    ca: CertificateAuthority,
    now: number,
  ): Promise<KeyPair | undefined> {
    if (!plan.serverNames) return undefined;
    return ca.issue({ commonName: plan.name, serverNames: plan.serverNames }, now);
  }

  #spawn(plan: ProcessPlan, caFile: string, server: KeyPair | undefined): SupervisedProcess {
    const { state, programs } = this.#options;
    if (server) {
      state.write(`pki/${plan.name}.crt`, server.cert);
      state.write(`pki/${plan.name}.key`, server.key);
    }
    const process = new SupervisedProcess({
      name: plan.name,
      script: join(programs, `${plan.program}.js`),
      args: plan.args({
        kubeconfig: state.file('components', `${plan.name}.kubeconfig`),
        ca: caFile,
        serverCert: state.file('pki', `${plan.name}.crt`),
        serverKey: state.file('pki', `${plan.name}.key`),
        kubeletClientCert: state.file('pki', 'kubelet-client.crt'),
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
    const deadline = Date.now() + START_MS;
    for (;;) {
      const { items } = await client.list(resources.nodes);
      const ready = items.filter(({ status }) =>
        status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
      );
      if (ready.length >= config.nodes) break;
      if (Date.now() > deadline) {
        throw new Error(`only ${ready.length} of ${config.nodes} nodes are ready after ${START_MS / 1000} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    onProgress(`nodes                 ${config.nodes} ready`);
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
