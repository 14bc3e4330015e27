import type { IpVersion } from '../ip-address.ts';
import { type HookPoint, NF_ACCEPT, NF_DROP } from '../netfilter/hooks.ts';
import { rerouting } from '../netfilter/rerouting.ts';
import type { Netns } from '../netns.ts';
import type { Chain } from './chain.ts';
import { Evaluator } from './evaluator.ts';
import type { Family, Table } from './table.ts';

const VERSIONS: Readonly<Record<Family, readonly IpVersion[]>> = { ip: [4], ip6: [6], inet: [4, 6] };

/** All tables of one namespace, and the way of its chains to netfilter's hooks. */
export class Ruleset {
  /** By family and name. */
  readonly tables = new Map<string, Table>();
  readonly evaluator: Evaluator;
  readonly #ns: Netns;
  #lastHandle = 0;

  constructor(ns: Netns) {
    this.#ns = ns;
    this.evaluator = new Evaluator(ns);
  }

  get now(): number {
    return this.#ns.softirq.now;
  }

  hasDevice(name: string): boolean {
    return this.#ns.link(name) !== undefined;
  }

  nextHandle(): number {
    return ++this.#lastHandle;
  }

  /** From now on connections are followed, for a family's rules. */
  track(family: Family): void {
    for (const version of VERSIONS[family]) this.#ns.conntrack.enable(version);
  }

  /** Has a base chain called at its hook; the returned function ends that. */
  hook(chain: Chain, point: HookPoint, family: Family): () => void {
    const undo = VERSIONS[family].map((version) => this.#hookOne(chain, point, version));
    return () => {
      for (const each of undo) each();
    };
  }

  #hookOne(chain: Chain, point: HookPoint, version: IpVersion): () => void {
    const ns = this.#ns;
    const { evaluator } = this;
    const run: Parameters<typeof ns.hooks.register>[3] = (packet, input, output) => {
      if (evaluator.evaluate(chain, packet, input, output) === NF_ACCEPT) return NF_ACCEPT;
      ns.drop(packet, 'NETFILTER_DROP');
      return NF_DROP;
    };
    const { type, priority } = chain.base!;
    if (type === 'nat') return (version === 6 ? ns.nat6 : ns.nat).register(point, priority, run);
    const hook = type === 'route' ? rerouting(run) : run;
    return ns.hooksFor(version).register(point, priority, `nft ${chain.name}`, hook, { perFlow: true });
  }
}
