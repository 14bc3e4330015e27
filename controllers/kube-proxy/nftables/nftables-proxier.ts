import { dependsOnPlace } from '../choose-endpoints.ts';
import { Programs } from '../programs.ts';
import type { NewProxier, Proxier, ProxierOptions } from '../proxier.ts';
import { runInShell } from '../run-in-shell.ts';
import type { ProxiedPort } from '../service-port.ts';
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
  readonly clusterCidr: string;
  /** The networks that ClusterIPs come from, as of now. */
  readonly serviceCidrs: () => readonly string[];
  /** Milliseconds. */
  readonly now: () => number;
}

type NftablesPrograms = Programs<ServiceObjects, NodeObjects, Difference>;

/** A chain that map elements led to a moment ago is not deleted yet: old kernels call it busy. */
const STALE_MS = 1000;

/** kube-proxy's nftables mode. */
export function nftablesMode(options: NftablesModeOptions): NewProxier {
  const programs: NftablesPrograms = new Programs({
    compile: (port, node) => serviceObjects(port, { ...node, clusterCidr: options.clusterCidr }),
    dependsOnNode: (port) => dependsOnPlace(port) || port.service.loadBalancerSourceRanges.length > 0,
    assemble: (parts) => new Map(parts.map((part) => [part.key, part])),
    difference: differenceText,
  });
  return (node) => new NftablesProxier(programs, options, node);
}

class NftablesProxier implements Proxier {
  readonly #programs: NftablesPrograms;
  readonly #mode: NftablesModeOptions;
  readonly #node: ProxierOptions;
  /** Undefined: unknown, so everything is written. */
  #written: { readonly objects: NodeObjects; readonly serviceCidrs: string } | undefined;
  /** When chains that nothing leads to were emptied. */
  readonly #stale = new Map<string, number>();

  constructor(programs: NftablesPrograms, mode: NftablesModeOptions, node: ProxierOptions) {
    this.#programs = programs;
    this.#mode = mode;
    this.#node = node;
  }

  async sync(ports: readonly ProxiedPort[]): Promise<void> {
    const objects = this.#programs.of(ports, this.#node);
    const serviceCidrs = this.#mode.serviceCidrs().join(' ');
    const isKnown = this.#written?.serviceCidrs === serviceCidrs;
    const { text, staleChains } = isKnown
      ? this.#programs.difference(this.#written!.objects, objects)
      : await this.#everything(objects);
    this.#written = undefined;
    const now = this.#mode.now();
    const doomed = this.#takeDoomed(objects, now);
    const transaction = deleteChainsText(doomed) + text;
    if (transaction !== '') await runInShell(this.#node, ['nft', '-f', '-'], transaction);
    for (const chain of staleChains) this.#stale.set(chain, now);
    this.#written = { objects, serviceCidrs };
  }

  async #everything(objects: NodeObjects): Promise<Difference> {
    const listed = await runInShell(this.#node, ['nft', '-t', 'list', 'ruleset', 'ip']);
    const [, table = ''] = /^table ip kube-proxy \{\n([\s\S]*?)^\}/m.exec(listed) ?? [];
    const names = (kind: string): string[] =>
      [...table.matchAll(new RegExp(`^\\t${kind} (\\S+) \\{`, 'gm'))].map(([, name]) => name!);
    return fullText(
      objects,
      { nodeIp: this.#node.nodeIp, serviceCidrs: this.#mode.serviceCidrs() },
      { chains: names('chain').filter(isServiceChain), affinitySets: names('set').filter(isAffinitySet) },
    );
  }

  /** Chains whose time has come; one that is used again is forgotten. */
  #takeDoomed(objects: NodeObjects, now: number): string[] {
    if (this.#stale.size === 0) return [];
    const used = new Set([...objects.values()].flatMap(({ chains }) => [...chains.keys()]));
    const doomed: string[] = [];
    for (const [chain, since] of this.#stale) {
      if (!used.has(chain) && now - since < STALE_MS) continue;
      this.#stale.delete(chain);
      if (!used.has(chain)) doomed.push(chain);
    }
    return doomed;
  }
}
