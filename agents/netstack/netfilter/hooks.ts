import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';

/**
 * Where netfilter sees an IPv4 packet:
 *
 *     device ─ PREROUTING ─ route ─┬─ FORWARD ──────────┬─ POSTROUTING ─ device
 *                                  └─ INPUT ─ socket ─ OUTPUT ─┘
 */
export const PREROUTING = 0;
export const INPUT = 1;
export const FORWARD = 2;
export const OUTPUT = 3;
export const POSTROUTING = 4;
export type HookPoint = 0 | 1 | 2 | 3 | 4;
export const HOOK_NAMES = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const;

/** The order at a hook (enum nf_ip_hook_priorities). */
export const PRIORITY = {
  first: -(2 ** 31),
  defrag: -400,
  raw: -300,
  conntrack: -200,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
  confirm: 2 ** 31 - 1,
} as const;

export const NF_ACCEPT = 0;
/** The packet is gone and whoever says so has counted it. */
export const NF_DROP = 1;
/** The packet has another owner now. */
export const NF_STOLEN = 2;
export type Verdict = 0 | 1 | 2;

export type HookFunction = (packet: Packet, input: Link | undefined, output: Link | undefined) => Verdict;

interface HookEntry {
  readonly priority: number;
  readonly name: string;
  readonly run: HookFunction;
  readonly perFlow: boolean;
}

const VERDICT_NAMES = ['accept', 'drop', 'stolen'] as const;

/** The functions at each hook of one namespace, in order of priority. */
export class Hooks {
  readonly #ns: Netns;
  readonly #entries: (readonly HookEntry[])[] = [[], [], [], [], []];

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /**
   * Of equal priorities the latest runs first (nf_hook_entries_grow); the returned function takes it out again. A function that is
   * `perFlow` treats all packets of an established flow alike, or clears the recording of one that it does not.
   */
  register(
    point: HookPoint,
    priority: number,
    name: string,
    run: HookFunction,
    { perFlow = false } = {},
  ): () => void {
    const entry = { priority, name, run, perFlow };
    this.#entries[point] = [entry, ...this.#entries[point]!].sort((a, b) => a.priority - b.priority);
    this.#ns.changed();
    return () => {
      this.#entries[point] = this.#entries[point]!.filter((other) => other !== entry);
      this.#ns.changed();
    };
  }

  run(point: HookPoint, packet: Packet, input: Link | undefined, output: Link | undefined): Verdict {
    const entries = this.#entries[point]!;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      if (!entry.perFlow) packet.recording = undefined;
      const verdict = entry.run(packet, input, output);
      packet.trace?.(
        {
          kind: 'hook',
          ns: this.#ns.name,
          hook: HOOK_NAMES[point],
          verdict: VERDICT_NAMES[verdict],
          by: entry.name,
        },
        packet,
      );
      if (verdict !== NF_ACCEPT) return verdict;
    }
    return NF_ACCEPT;
  }
}
