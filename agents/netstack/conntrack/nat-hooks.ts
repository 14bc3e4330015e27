import type { IpVersion } from '../ip-address.ts';
import type { Link } from '../link/link.ts';
import {
  type HookPoint,
  INPUT,
  NF_ACCEPT,
  OUTPUT,
  POSTROUTING,
  PREROUTING,
  PRIORITY,
  type Verdict,
} from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { doneBit, manipOf, natHook } from './nat.ts';

export type NatRules = (packet: Packet, input: Link | undefined, output: Link | undefined) => Verdict;

const POINTS = [PREROUTING, INPUT, OUTPUT, POSTROUTING] as const;

interface Entry {
  readonly priority: number;
  readonly run: NatRules;
}

/**
 * The NAT hooks of a namespace for one version of IP, which iptables' nat table and nftables' nat chains share: a new connection asks
 * each in turn until one has decided (nf_nat_register_fn, nf_nat_inet_fn). The first rules bring all four hooks:
 * what one translates in a request, the opposite one undoes in the reply.
 */
export class NatHooks {
  readonly #ns: Netns;
  readonly #version: IpVersion;
  readonly #entries = new Map<HookPoint, readonly Entry[]>();

  constructor(ns: Netns, version: IpVersion) {
    this.#ns = ns;
    this.#version = version;
  }

  /** Of equal priorities the latest is asked first. The returned function takes the rules out again. */
  register(point: HookPoint, priority: number, run: NatRules): () => void {
    const ns = this.#ns;
    ns.conntrack.enable(this.#version);
    if (this.#entries.size === 0) for (const each of POINTS) this.#hook(each);
    const entry = { priority, run };
    const entries = [entry, ...this.#entries.get(point)!];
    this.#entries.set(
      point,
      entries.sort((a, b) => a.priority - b.priority),
    );
    ns.changed();
    return () => {
      this.#entries.set(
        point,
        this.#entries.get(point)!.filter((other) => other !== entry),
      );
      ns.changed();
    };
  }

  #hook(point: HookPoint): void {
    const ns = this.#ns;
    this.#entries.set(point, []);
    const priority = point === POSTROUTING || point === INPUT ? PRIORITY.srcnat : PRIORITY.dstnat;
    const runRules: NatRules = (packet, input, output) => this.#runRules(point, packet, input, output);
    ns.hooksFor(this.#version).register(
      point,
      priority,
      'nat',
      (packet, input, output) => natHook(ns, point, packet, input, output, runRules),
      { perFlow: true },
    );
  }

  #runRules(point: HookPoint, packet: Packet, input: Link | undefined, output: Link | undefined): Verdict {
    const done = doneBit(manipOf(point));
    for (const entry of this.#entries.get(point)!) {
      const verdict = entry.run(packet, input, output);
      if (verdict !== NF_ACCEPT || (packet.connection!.status & done) !== 0) return verdict;
    }
    return NF_ACCEPT;
  }
}
