import type { NodeShell } from '../../client/node-shell.ts';
import type { ProxyHealthState } from '../../client/proxy-health.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { nodeSettings } from './configuration/node-settings.ts';
import type { ProxyConfig } from './configuration/proxy-config.ts';
import { ruleSettings } from './configuration/rule-settings.ts';
import { healthCheckedServices } from './health-state.ts';
import { IPV4, type IpFamily } from './ip-family.ts';
import { localAddresses, nodePortIps } from './local-addresses.ts';
import { noLocalEndpoints } from './no-local-endpoints.ts';
import type { ProxiedNodeFacts, Proxier, ProxierOptions } from './proxier.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';
import type { ProxyMode } from './proxy-mode.ts';
import { runInShell } from './run-in-shell.ts';
import type { ProxiedPort } from './service-port.ts';
import { listUdpFlows, sameServers, staleUdpFlows, type UdpServers, udpServers } from './stale-udp-flows.ts';
import { SyncLimiter } from './sync-limiter.ts';

export interface NodeProxyOptions {
  readonly nodeName: string;
  readonly processors: number;
  readonly shell: NodeShell;
  /** The families that the node has addresses of, with what is to be known for each. */
  readonly families: ReadonlyMap<IpFamily, ProxiedNodeFacts>;
  readonly config: ProxyConfig;
  /** What the node's kernel was made ready for before, since it booted. */
  readonly configBefore: ProxyConfig | undefined;
  readonly modeOf: (family: IpFamily) => ProxyMode;
  readonly metrics: ProxyMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

const EVERYWHERE = '0.0.0.0';

interface FamilyState {
  readonly family: IpFamily;
  readonly mode: ProxyMode;
  readonly proxier: Proxier;
  readonly options: ProxierOptions;
  /** What other modes wrote is gone. */
  isClean: boolean;
  /** By what flows were last judged. */
  udpServers: UdpServers | undefined;
}

/** What kube-proxy is to one node: under one configuration, for all its families. */
export class NodeProxy {
  readonly limiter: SyncLimiter;
  readonly #options: NodeProxyOptions;
  readonly #families: readonly FamilyState[];
  #isPrepared = false;
  #health: { readonly text: string; readonly at: number } | undefined;
  /** Changes of endpoints that came after are not in the rules yet. */
  #seenTriggers: number;

  constructor(options: NodeProxyOptions) {
    this.#options = options;
    this.limiter = new SyncLimiter(options.config.periods.minSyncMs);
    this.#seenTriggers = options.metrics.triggers.latest;
    this.#families = [...options.families].map(([family, facts]) => {
      const proxierOptions = { ...facts, shell: options.shell };
      const mode = options.modeOf(family);
      const proxier = mode.newProxier(proxierOptions);
      return { family, mode, proxier, options: proxierOptions, isClean: false, udpServers: undefined };
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

  /** `nodeEligible`: whether balancers may choose the node. */
  async sync(portsOf: (family: IpFamily) => readonly ProxiedPort[], nodeEligible: boolean): Promise<void> {
    const { config, configBefore, processors, metrics } = this.#options;
    if (!this.#isPrepared) {
      for (const argv of nodeSettings(config, configBefore, processors))
        await runInShell(this.#options, argv);
      this.#isPrepared = true;
    }
    // Those that come while it is written are not in it.
    const { latest } = metrics.triggers;
    const programmed = metrics.triggers.since(this.#seenTriggers);
    for (const state of this.#families) await this.#syncFamily(state, portsOf(state.family));
    this.#seenTriggers = latest;
    for (const { family } of this.#families)
      metrics.programmed(family, programmed, this.#options.clock.now());
    await this.#tellHealth(portsOf(IPV4), nodeEligible);
  }

  /** Said again at every look at the node: who has heard nothing for two periods takes kube-proxy for dead. */
  async #tellHealth(ports: readonly ProxiedPort[], nodeEligible: boolean): Promise<void> {
    const { clock, config, nodeName, shell, logger } = this.#options;
    const { syncMs } = config.periods;
    const state: ProxyHealthState = {
      validMs: 2 * syncMs,
      nodeEligible,
      addresses: [...(await this.#healthAddresses())],
      services: healthCheckedServices(ports, nodeName),
    };
    const text = JSON.stringify(state);
    if (text === this.#health?.text && clock.now() - this.#health.at < syncMs) return;
    const { exitCode, stderr } = await shell.run(['kube-proxy-health'], text);
    if (exitCode !== 0)
      logger.error({ node: nodeName, error: stderr.trim() }, 'a health check port is not open');
    this.#health = { text, at: clock.now() };
  }

  async #healthAddresses(): Promise<readonly string[]> {
    const state = this.#families.find(({ family }) => family === IPV4);
    if (!state) return [];
    const { nodePortAddresses } = ruleSettings(this.#options.config, IPV4);
    const listed = typeof nodePortAddresses === 'string' ? [] : await localAddresses(state.options, IPV4);
    return nodePortIps(nodePortAddresses, state.options.nodeIp, listed) ?? [EVERYWHERE];
  }

  async #syncFamily(state: FamilyState, wanted: readonly ProxiedPort[]): Promise<void> {
    const { clock, config, metrics } = this.#options;
    const { family, mode, options, proxier } = state;
    const started = clock.now();
    const isFull = proxier.isFullSyncDue;
    try {
      const report = await proxier.sync(wanted);
      if (report) metrics.synced(family, report, clock.now() - started, clock.now());
    } catch (error) {
      metrics.failed(family, config.mode, isFull);
      throw error;
    }
    metrics.noLocalEndpoints(family, noLocalEndpoints(wanted, options));
    await this.#forgetStaleFlows(state, udpServers(wanted));
    if (!state.isClean) await mode.removeOthers(options);
    state.isClean = true;
  }

  async #forgetStaleFlows(state: FamilyState, servers: UdpServers): Promise<void> {
    if (state.udpServers && sameServers(state.udpServers, servers)) return;
    const { shell } = this.#options;
    const { stdout } = await shell.run(listUdpFlows(state.family));
    for (const argv of staleUdpFlows(stdout, servers, state.family)) await shell.run(argv);
    state.udpServers = servers;
  }
}
