import type { SyncPeriods } from '../configuration/proxy-config.ts';
import type { RuleSettings } from '../configuration/rule-settings.ts';
import { localAddresses, nodePortIps } from '../local-addresses.ts';
import { partKey } from '../part-key.ts';
import { Programs } from '../programs.ts';
import type { NewProxier, ProxiedNodeFacts, Proxier, ProxierOptions, SyncReport } from '../proxier.ts';
import { runInShell } from '../run-in-shell.ts';
import type { ProxiedPort } from '../service-port.ts';
import { JUMPS } from './jumps.ts';
import { CANARY, KUBELETS_FIREWALL, type NodeProgram, nodeProgram } from './node-program.ts';
import { type EmptyChains, type Restore, restoreText } from './restore-text.ts';
import { readSavedRules } from './saved-rules.ts';
import { type ServiceText, serviceText } from './service-text.ts';

export interface IptablesModeOptions {
  readonly settings: RuleSettings;
  readonly periods: Pick<SyncPeriods, 'syncMs'>;
  /** Milliseconds. */
  readonly now: () => number;
}

interface NodeFacts extends ProxiedNodeFacts {
  readonly nodePortIps: readonly string[] | undefined;
}
type IptablesPrograms = Programs<NodeFacts, ServiceText, NodeProgram, Restore>;

/** With more endpoints than these in all, rules for each do without comments (largeClusterEndpointsThreshold). */
const LARGE = 1000;
/** Everything is written anew after so long, come what may (proxyutil.FullSyncPeriod). */
const FULL_SYNC_MS = 3_600_000;

/** kube-proxy's iptables mode. */
export function iptablesMode(options: IptablesModeOptions): NewProxier {
  const usual = programsOf(options, false);
  const large = programsOf(options, true);
  const sizes = new WeakMap<readonly ProxiedPort[], number>();
  const programsFor = (ports: readonly ProxiedPort[]): IptablesPrograms => {
    const size = sizes.get(ports) ?? ports.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
    sizes.set(ports, size);
    return size > LARGE ? large : usual;
  };
  return (node) => new IptablesProxier(programsFor, options, node);
}

function programsOf({ settings }: IptablesModeOptions, isLarge: boolean): IptablesPrograms {
  return new Programs({
    compile: (port, node) => serviceText(port, { ...node, settings, isLarge }),
    partKey: (port, node) => partKey(port, node, settings),
    assemble: (texts, node) => nodeProgram(texts, { settings, nodePortIps: node.nodePortIps }),
    programKey: (node) => String(node.nodePortIps),
    difference: (before, after) => restoreText(after, before, []),
  });
}

class IptablesProxier implements Proxier {
  readonly #programsFor: (ports: readonly ProxiedPort[]) => IptablesPrograms;
  readonly #mode: IptablesModeOptions;
  readonly #node: ProxierOptions;
  /** Undefined: unknown, so everything is written and the jumps are looked for. */
  #written: NodeProgram | undefined;
  #nodePortIps: readonly string[] | undefined;
  #lastFull = 0;
  #lastLook = 0;

  constructor(
    programsFor: (ports: readonly ProxiedPort[]) => IptablesPrograms,
    mode: IptablesModeOptions,
    node: ProxierOptions,
  ) {
    this.#programsFor = programsFor;
    this.#mode = mode;
    this.#node = node;
  }

  get isFullSyncDue(): boolean {
    return this.#written === undefined;
  }

  async sync(ports: readonly ProxiedPort[]): Promise<SyncReport> {
    await this.#look();
    const isFull = this.isFullSyncDue;
    const programs = this.#programsFor(ports);
    const program = programs.of(ports, { ...this.#node, nodePortIps: this.#nodePortIps });
    const { text, rules } = this.#written
      ? programs.difference(this.#written, program)
      : await this.#everything(program);
    this.#written = undefined;
    if (text !== '') await this.#run('restore', ['--noflush', '--counters'], text);
    this.#written = program;
    if (isFull) this.#lastFull = this.#mode.now();
    return {
      isFull,
      iptables: {
        filter: { total: program.rules.filter, last: rules.filter },
        nat: { total: program.rules.nat, last: rules.nat },
      },
    };
  }

  /** Now and then: whether the rules are still there, and which addresses the node has. */
  async #look(): Promise<void> {
    const now = this.#mode.now();
    const { periods, settings } = this.#mode;
    if (this.#written && now - this.#lastLook < periods.syncMs) return;
    this.#lastLook = now;
    const { nodePortAddresses, family } = settings;
    const addresses = typeof nodePortAddresses === 'string' ? [] : await localAddresses(this.#node, family);
    this.#nodePortIps = nodePortIps(nodePortAddresses, this.#node.nodeIp, addresses);
    if (this.#written && (now - this.#lastFull > FULL_SYNC_MS || !(await this.#hasCanary())))
      this.#written = undefined;
  }

  async #hasCanary(): Promise<boolean> {
    const { iptables } = this.#mode.settings.family;
    return (await this.#node.shell.run([iptables, '-t', 'mangle', '-S', CANARY])).exitCode === 0;
  }

  /** Everything, with the jumps that the node lacks, in place of what an earlier kube-proxy left. */
  async #everything(program: NodeProgram): Promise<Restore> {
    const saved = readSavedRules(await this.#run('save', []));
    const leftover = [...saved.chains]
      .filter((chain) => /^nat KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(chain))
      .map((chain) => chain.slice('nat '.length));
    const jumps = JUMPS.filter(({ table, from, rule }) => {
      const target = rule.slice(rule.lastIndexOf(' ') + 1);
      return !saved.jumps.has(`${table} ${from} ${target}`);
    });
    const lacks = (table: string, chain: string): string[] =>
      saved.chains.has(`${table} ${chain}`) ? [] : [chain];
    const needsFirewall = !program.shared.filter.has(KUBELETS_FIREWALL);
    const empty: EmptyChains = {
      mangle: lacks('mangle', CANARY),
      nat: lacks('nat', CANARY),
      filter: [...lacks('filter', CANARY), ...(needsFirewall ? lacks('filter', KUBELETS_FIREWALL) : [])],
    };
    return restoreText(program, { chains: new Set(leftover) }, jumps, empty);
  }

  #run(action: 'save' | 'restore', args: readonly string[], text?: string): Promise<string> {
    const { iptables } = this.#mode.settings.family;
    return runInShell(this.#node, [`${iptables}-${action}`, ...args], text);
  }
}
