import type { SyncPeriods } from '../configuration/proxy-config.ts';
import type { RuleSettings } from '../configuration/rule-settings.ts';
import { localAddresses, nodePortIps } from '../local-addresses.ts';
import { partKey } from '../part-key.ts';
import { Programs } from '../programs.ts';
import type { NewProxier, ProxiedNodeFacts, Proxier, ProxierOptions, SyncReport } from '../proxier.ts';
import { runInShell } from '../run-in-shell.ts';
import type { ProxiedPort } from '../service-port.ts';
import { ACCOUNTS, readAccounts } from './accounts.ts';
import { JUMPS } from './jumps.ts';
import { CANARY, KUBELETS_FIREWALL, type NodeProgram, nodeProgram } from './node-program.ts';
import { deleteText, type EmptyChains, type Restore, restoreText } from './restore-text.ts';
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
/** The programs of all nodes that have accounting objects, or of those that have none. */
type ProgramsFor = (ports: readonly ProxiedPort[], hasAccounts: boolean) => IptablesPrograms;

/** With more endpoints than these in all, rules for each do without comments (largeClusterEndpointsThreshold). */
const LARGE = 1000;
/** Everything is written anew after so long, come what may (proxyutil.FullSyncPeriod). */
const FULL_SYNC_MS = 3_600_000;

/** kube-proxy's iptables mode. */
export function iptablesMode(options: IptablesModeOptions): NewProxier {
  const known = new Map<string, IptablesPrograms>();
  const sizes = new WeakMap<readonly ProxiedPort[], number>();
  const programsFor: ProgramsFor = (ports, hasAccounts) => {
    const size = sizes.get(ports) ?? ports.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
    sizes.set(ports, size);
    const isLarge = size > LARGE;
    const key = `${isLarge} ${hasAccounts}`;
    const programs = known.get(key) ?? programsOf(options, isLarge, hasAccounts);
    known.set(key, programs);
    return programs;
  };
  return (node) => new IptablesProxier(programsFor, options, node);
}

function programsOf(
  { settings }: IptablesModeOptions,
  isLarge: boolean,
  hasAccounts: boolean,
): IptablesPrograms {
  const common = { settings, isLarge, hasAccounts };
  return new Programs({
    compile: (port, node) => serviceText(port, { ...node, ...common }),
    partKey: (port, node) => partKey(port, node, settings),
    assemble: (texts, node) => nodeProgram(texts, { ...common, nodePortIps: node.nodePortIps }),
    programKey: (node) => String(node.nodePortIps),
    difference: (before, after) => restoreText(after, before, []),
  });
}

class IptablesProxier implements Proxier {
  readonly #programsFor: ProgramsFor;
  readonly #mode: IptablesModeOptions;
  readonly #node: ProxierOptions;
  /** Undefined: unknown, so everything is written and the jumps are looked for. */
  #written: { readonly program: NodeProgram; readonly ports: readonly ProxiedPort[] } | undefined;
  #nodePortIps: readonly string[] | undefined;
  #hasAccounts = false;
  /** Chains that nothing leads to any more. */
  readonly #stale = new Set<string>();
  #lastFull = 0;
  #lastLook = 0;
  #lastCleanup = Number.NEGATIVE_INFINITY;

  constructor(programsFor: ProgramsFor, mode: IptablesModeOptions, node: ProxierOptions) {
    this.#programsFor = programsFor;
    this.#mode = mode;
    this.#node = node;
  }

  get isFullSyncDue(): boolean {
    return this.#written === undefined;
  }

  async sync(ports: readonly ProxiedPort[]): Promise<SyncReport | undefined> {
    const nodePortIpsBefore = String(this.#nodePortIps);
    await this.#look();
    const isFull = this.isFullSyncDue;
    if (this.#written?.ports === ports && String(this.#nodePortIps) === nodePortIpsBefore) return undefined;
    if (isFull) this.#hasAccounts = await this.#ensureAccounts();
    const programs = this.#programsFor(ports, this.#hasAccounts);
    const program = programs.of(ports, { ...this.#node, nodePortIps: this.#nodePortIps });
    const restore = this.#written
      ? programs.difference(this.#written.program, program)
      : await this.#everything(program);
    this.#written = undefined;
    const text = restore.text + this.#cleanup(restore, program.isLarge);
    if (text !== '') await this.#run('restore', ['--noflush', '--counters'], text);
    this.#written = { program, ports };
    if (isFull) this.#lastFull = this.#mode.now();
    const { rules } = restore;
    return {
      isFull,
      iptables: {
        filter: { total: program.rules.filter, last: rules.filter },
        nat: { total: program.rules.nat, last: rules.nat },
      },
    };
  }

  /** Deletes stale chains; in a large cluster not more often than once a period. */
  #cleanup({ filled, stale }: Restore, isLarge: boolean): string {
    for (const chain of filled) this.#stale.delete(chain);
    for (const chain of stale) this.#stale.add(chain);
    const now = this.#mode.now();
    if (isLarge && now - this.#lastCleanup <= this.#mode.periods.syncMs) return '';
    this.#lastCleanup = now;
    const text = deleteText(this.#stale);
    this.#stale.clear();
    return text;
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

  /** Whether there are accounting objects to count in; a kernel may be without them. */
  async #ensureAccounts(): Promise<boolean> {
    const { shell } = this.#node;
    const listed = await shell.run(['nfacct', 'list']);
    if (listed.exitCode !== 0) return false;
    const present = readAccounts(listed.stdout);
    for (const name of ACCOUNTS) {
      if (present.has(name)) continue;
      if ((await shell.run(['nfacct', 'add', name])).exitCode !== 0) return false;
    }
    return true;
  }

  /** Everything, with the jumps that the node lacks, in place of what an earlier kube-proxy left. */
  async #everything(program: NodeProgram): Promise<Restore> {
    this.#stale.clear();
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
