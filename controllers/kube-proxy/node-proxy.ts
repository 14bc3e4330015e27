import type { NodeShell } from '../../client/node-shell.ts';
import { type ProxyHealthState, parseProxyHealthAnswers } from '../../client/proxy-health.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { nodeSettings } from './configuration/node-settings.ts';
import type { ProxyConfig } from './configuration/proxy-config.ts';
import { ruleSettings } from './configuration/rule-settings.ts';
import { forgetStaleFlows } from './forget-stale-flows.ts';
import { healthCheckedServices } from './health-state.ts';
import type { IpFamily } from './ip-family.ts';
import { readAccounts } from './iptables/accounts.ts';
import { localAddresses, nodePortIps } from './local-addresses.ts';
import { noLocalEndpoints } from './no-local-endpoints.ts';
import type { ProxiedNodeFacts, Proxier, ProxierOptions, SyncReport } from './proxier.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';
import type { ProxyMode } from './proxy-mode.ts';
import { runInShell } from './run-in-shell.ts';
import type { ProxiedPort } from './service-port.ts';
import { sameServers, type UdpServers, udpServers } from './stale-udp-flows.ts';
import { SyncLimiter } from './sync-limiter.ts';

export interface NodeProxyOptions {
  readonly nodeName: string;
  readonly processors: number;
  readonly shell: NodeShell;
  /** The families that the node is programmed for, with what is to be known for each. */
  readonly families: ReadonlyMap<IpFamily, ProxiedNodeFacts>;
  readonly config: ProxyConfig;
  /** What the node's kernel was made ready for before, since it booted. */
  readonly configBefore: ProxyConfig | undefined;
  readonly modeOf: (family: IpFamily) => ProxyMode;
  readonly metrics: ProxyMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

type PortsOf = (family: IpFamily) => readonly ProxiedPort[];

interface FamilyState {
  readonly family: IpFamily;
  readonly mode: ProxyMode;
  readonly proxier: Proxier;
  readonly options: ProxierOptions;
  /** What other modes wrote is gone. */
  isClean: boolean;
  /** By what flows were last judged. */
  udpServers: UdpServers | undefined;
  /** Changes of endpoints that came after are not in the rules yet. */
  seenTriggers: number;
}

/** What kube-proxy is to one node: under one configuration, for all its families. */
export class NodeProxy {
  readonly limiter: SyncLimiter;
  readonly #options: NodeProxyOptions;
  readonly #families: readonly FamilyState[];
  #isPrepared = false;
  #health = '';
  /** When the node was last looked at though nothing may have changed. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: NodeProxyOptions) {
    this.#options = options;
    this.limiter = new SyncLimiter(options.config.periods.minSyncMs);
    this.#families = [...options.families].map(([family, facts]) => {
      const proxierOptions = { ...facts, shell: options.shell };
      const mode = options.modeOf(family);
      const proxier = mode.newProxier(proxierOptions);
      const seenTriggers = options.metrics.triggers[family.name].latest;
      return {
        family,
        mode,
        proxier,
        options: proxierOptions,
        isClean: false,
        udpServers: undefined,
        seenTriggers,
      };
    });
  }

  get config(): ProxyConfig {
    return this.#options.config;
  }

  /** The configuration that the node's kernel has been made ready for. */
  get prepared(): ProxyConfig | undefined {
    const { config, configBefore } = this.#options;
    return this.#isPrepared ? config : configBefore;
  }

  /** When the node is to be looked at even if nothing changes. */
  get dueInMs(): number {
    const { clock, config } = this.#options;
    return Math.max(0, this.#lookedAt + config.periods.syncMs - clock.now());
  }

  /** `nodeEligible`: whether balancers may choose the node. */
  async sync(portsOf: PortsOf, nodeEligible: boolean): Promise<void> {
    const { clock, config, configBefore, processors } = this.#options;
    if (!this.#isPrepared) {
      for (const argv of nodeSettings(config, configBefore, processors))
        await runInShell(this.#options, argv);
      this.#isPrepared = true;
    }
    for (const state of this.#families) await this.#syncFamily(state, portsOf(state.family));
    const isDue = this.dueInMs === 0;
    await this.#tellHealth(portsOf, nodeEligible, isDue);
    if (isDue && config.mode === 'iptables') await this.#readAccounts();
    if (isDue) this.#lookedAt = clock.now();
  }

  /** Said again at every look at the node: who has heard nothing for two periods takes kube-proxy for dead. */
  async #tellHealth(portsOf: PortsOf, nodeEligible: boolean, isDue: boolean): Promise<void> {
    const { config, nodeName, shell, logger, metrics } = this.#options;
    const checks = [];
    for (const state of this.#families)
      checks.push({ ports: portsOf(state.family), addresses: await this.#healthAddresses(state) });
    const state: ProxyHealthState = {
      validMs: 2 * config.periods.syncMs,
      nodeEligible,
      mode: config.mode,
      families: this.#families.map(({ family }) => family.name),
      services: healthCheckedServices(checks, nodeName),
    };
    const text = JSON.stringify(state);
    if (text === this.#health && !isDue) return;
    const { exitCode, stdout, stderr } = await shell.run(['kube-proxy-health'], text);
    if (exitCode !== 0)
      logger.error({ node: nodeName, error: stderr.trim() }, 'a health check port is not open');
    const answers = parseProxyHealthAnswers(stdout);
    if (!(answers instanceof Error)) metrics.answered(answers);
    this.#health = text;
  }

  async #healthAddresses({ family, options }: FamilyState): Promise<readonly string[] | undefined> {
    const { nodePortAddresses } = ruleSettings(this.#options.config, family);
    const listed = typeof nodePortAddresses === 'string' ? [] : await localAddresses(options, family);
    return nodePortIps(nodePortAddresses, options.nodeIp, listed);
  }

  async #readAccounts(): Promise<void> {
    const { metrics, nodeName, shell } = this.#options;
    const { stdout } = await shell.run(['nfacct', 'list']);
    metrics.counted(nodeName, readAccounts(stdout));
  }

  async #syncFamily(state: FamilyState, wanted: readonly ProxiedPort[]): Promise<void> {
    const { clock, config, metrics } = this.#options;
    const { family, mode, options, proxier } = state;
    const started = clock.now();
    const isFull = proxier.isFullSyncDue;
    // Those that come while it is written are not in it.
    const { latest } = metrics.triggers[family.name];
    const programmed = metrics.triggers[family.name].since(state.seenTriggers);
    let report: SyncReport | undefined;
    try {
      report = await proxier.sync(wanted);
      if (report) metrics.synced(family, report, clock.now() - started, clock.now());
    } catch (error) {
      metrics.failed(family, config.mode, isFull);
      throw error;
    }
    state.seenTriggers = latest;
    metrics.programmed(family, programmed, clock.now());
    metrics.noLocalEndpoints(family, noLocalEndpoints(wanted, options, config.mode));
    await this.#forgetStaleFlows(state, udpServers(wanted), report?.isFull === true);
    if (!state.isClean) await mode.removeOthers(options);
    state.isClean = true;
  }

  /** Flows that began while the rules were not there are looked for too. */
  async #forgetStaleFlows(state: FamilyState, servers: UdpServers, wasFull: boolean): Promise<void> {
    if (!wasFull && state.udpServers && sameServers(state.udpServers, servers)) return;
    const { clock, metrics, shell } = this.#options;
    const started = clock.now();
    const deleted = await forgetStaleFlows(shell, state.family, servers);
    metrics.reconciled(state.family, deleted, clock.now() - started);
    state.udpServers = servers;
  }
}
