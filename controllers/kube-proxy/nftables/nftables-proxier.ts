import type { RuleSettings } from '../configuration/rule-settings.ts';
import type { IpFamily } from '../ip-family.ts';
import { localAddresses, nodePortIps } from '../local-addresses.ts';
import { partKey } from '../part-key.ts';
import { Programs } from '../programs.ts';
import type { NewProxier, ProxiedNodeFacts, Proxier, ProxierOptions, SyncReport } from '../proxier.ts';
import { runInShell } from '../run-in-shell.ts';
import type { ProxiedPort } from '../service-port.ts';
import { TABLE } from './base-objects.ts';
import { isAffinitySet, isServiceChain } from './names.ts';
import { type ServiceObjects, serviceObjects } from './service-objects.ts';
import {
  type Difference,
  deleteChainsText,
  differenceText,
  fullText,
  type NodeObjects,
} from './transaction-text.ts';

export interface NftablesModeOptions {
  readonly settings: RuleSettings;
  /** The networks that a family's ClusterIPs come from, as of now. */
  readonly serviceCidrs: (family: IpFamily) => readonly string[];
  /** Milliseconds. */
  readonly now: () => number;
}

type NftablesPrograms = Programs<ProxiedNodeFacts, ServiceObjects, NodeObjects, Difference>;

/** A chain that map elements led to a moment ago is not deleted yet: old kernels call it busy. */
const STALE_MS = 1000;
/** Everything is written anew after so long, come what may (proxyutil.FullSyncPeriod). */
const FULL_SYNC_MS = 3_600_000;

/** kube-proxy's nftables mode. */
export function nftablesMode(options: NftablesModeOptions): NewProxier {
  const { settings } = options;
  const programs: NftablesPrograms = new Programs({
    compile: (port, node) => serviceObjects(port, { ...node, settings }),
    partKey: (port, node) => partKey(port, node, settings),
    assemble: (parts) => new Map(parts.map((part) => [part.key, part])),
    programKey: () => '',
    difference: (before, after) => differenceText(before, after, settings.family),
  });
  return (node) => new NftablesProxier(programs, options, node);
}

class NftablesProxier implements Proxier {
  readonly #programs: NftablesPrograms;
  readonly #mode: NftablesModeOptions;
  readonly #node: ProxierOptions;
  /** Undefined: unknown, so everything is written. */
  #written:
    | { readonly objects: NodeObjects; readonly ports: readonly ProxiedPort[]; readonly serviceCidrs: string }
    | undefined;
  #lastFull = 0;
  /** When chains that nothing leads to were emptied. */
  readonly #stale = new Map<string, number>();

  constructor(programs: NftablesPrograms, mode: NftablesModeOptions, node: ProxierOptions) {
    this.#programs = programs;
    this.#mode = mode;
    this.#node = node;
  }

  get isFullSyncDue(): boolean {
    return (
      this.#written?.serviceCidrs !== this.#serviceCidrs().join(' ') ||
      this.#mode.now() - this.#lastFull > FULL_SYNC_MS
    );
  }

  async sync(ports: readonly ProxiedPort[]): Promise<SyncReport | undefined> {
    const serviceCidrs = this.#serviceCidrs().join(' ');
    const isFull = this.isFullSyncDue;
    const now = this.#mode.now();
    const cleanupFailed = !(await this.#deleteDoomed(now));
    if (!isFull && !cleanupFailed && this.#written?.ports === ports) return undefined;
    const objects = this.#programs.of(ports, this.#node);
    const { text, chains, staleChains } = isFull
      ? await this.#everything(objects)
      : this.#programs.difference(this.#written!.objects, objects);
    this.#written = undefined;
    if (text !== '') await runInShell(this.#node, ['nft', '-f', '-'], text);
    // One that is used again is forgotten.
    for (const chain of chains) this.#stale.delete(chain);
    for (const chain of staleChains) this.#stale.set(chain, now);
    this.#written = { objects, ports, serviceCidrs };
    if (isFull) this.#lastFull = now;
    return { isFull, cleanupFailed };
  }

  #serviceCidrs(): readonly string[] {
    return this.#mode.serviceCidrs(this.#mode.settings.family);
  }

  async #everything(objects: NodeObjects): Promise<Difference> {
    const { settings } = this.#mode;
    const { family, nodePortAddresses } = settings;
    const listed = await runInShell(this.#node, ['nft', '-t', 'list', 'ruleset', family.nft]);
    const [, table = ''] =
      new RegExp(`^table ${family.nft} ${TABLE} \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(listed) ?? [];
    const names = (kind: string): string[] =>
      [...table.matchAll(new RegExp(`^\\t${kind} (\\S+) \\{`, 'gm'))].map(([, name]) => name!);
    const addresses = typeof nodePortAddresses === 'string' ? [] : await localAddresses(this.#node, family);
    const withPorts = nodePortIps(nodePortAddresses, this.#node.nodeIp, addresses);
    return fullText(
      objects,
      {
        settings,
        serviceCidrs: this.#serviceCidrs(),
        nodePortIps: withPorts?.filter((ip) => !ip.startsWith('127.') && ip !== '::1'),
      },
      { chains: names('chain').filter(isServiceChain), affinitySets: names('set').filter(isAffinitySet) },
    );
  }

  /** Chains whose time has come. False: they will be tried again. */
  async #deleteDoomed(now: number): Promise<boolean> {
    const doomed: string[] = [];
    for (const [chain, since] of this.#stale) if (now - since >= STALE_MS) doomed.push(chain);
    for (const chain of doomed) this.#stale.delete(chain);
    if (doomed.length === 0) return true;
    const text = deleteChainsText(doomed, this.#mode.settings.family);
    const { exitCode } = await this.#node.shell.run(['nft', '-f', '-'], text);
    if (exitCode !== 0) for (const chain of doomed) this.#stale.set(chain, now);
    return exitCode === 0;
  }
}
