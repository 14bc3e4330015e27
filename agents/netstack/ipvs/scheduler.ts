import type { IpAddress } from '../ip-address.ts';
import type { Destination } from './destination.ts';

/** What a choice may rest on. */
export interface Client {
  readonly address: IpAddress;
  readonly port: number;
}

/** Chooses among a service's destinations; undefined if all have weight 0. It is made anew when they change. */
export type Scheduler = (client: Client, virtualAddress: IpAddress) => Destination | undefined;

export const SCHEDULERS = {
  rr: roundRobin,
  wrr: weightedRoundRobin,
  lc: leastConnections,
  wlc: weightedLeastConnections,
  lblc: localityBased,
  lblcr: localityBasedWithReplication,
  sh: sourceHashing,
  dh: destinationHashing,
  mh: maglevHashing,
  sed: shortestDelay,
  nq: neverQueue,
} as const;
export type SchedulerName = keyof typeof SCHEDULERS;

export function isScheduler(name: string): name is SchedulerName {
  return Object.hasOwn(SCHEDULERS, name);
}

type Destinations = readonly Destination[];

/** net/netfilter/ipvs/ip_vs_rr.c */
function roundRobin(all: Destinations): Scheduler {
  let last = -1;
  return () => {
    for (let i = 1; i <= all.length; i++) {
      const at = (last + i) % all.length;
      if (all[at]!.weight === 0) continue;
      last = at;
      return all[at];
    }
    return undefined;
  };
}

/** ip_vs_wrr.c: rounds of falling weight, so that turns of heavy destinations are spread. */
function weightedRoundRobin(all: Destinations): Scheduler {
  const step = all.reduce((divisor, { weight }) => gcd(divisor, weight), 0) || 1;
  const most = Math.max(0, ...all.map(({ weight }) => weight)) - (step - 1);
  let at = -1;
  let current = most;
  return () => {
    if (most <= 0 && !all.some(({ weight }) => weight > 0)) return undefined;
    for (;;) {
      at++;
      if (at >= all.length) {
        at = 0;
        current -= step;
        if (current <= 0) current = most;
      }
      const destination = all[at]!;
      if (destination.weight > 0 && destination.weight >= current) return destination;
    }
  };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** ip_vs_dest_conn_overhead: an established connection costs as much as 256 others. */
const overhead = ({ active, inactive }: Destination): number => active * 256 + inactive;

/** The first of those whose cost is least; weight 0 is out. */
function cheapest(all: Destinations, cost: (destination: Destination) => number): Destination | undefined {
  let best: Destination | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const destination of all) {
    if (destination.weight === 0) continue;
    const its = cost(destination);
    if (its >= least) continue;
    best = destination;
    least = its;
  }
  return best;
}

function leastConnections(all: Destinations): Scheduler {
  return () => cheapest(all, overhead);
}

const load = (each: Destination): number => overhead(each) / each.weight;

function weightedLeastConnections(all: Destinations): Scheduler {
  return () => cheapest(all, load);
}

/** More connections than its weight while another has less than half of its own (is_overloaded). */
function isOverloaded({ active, weight }: Destination, all: Destinations): boolean {
  return active > weight && all.some((other) => other.active * 2 < other.weight);
}

/** ip_vs_lblc.c: what is asked for at an address stays with one destination until that has too much to do. */
function localityBased(all: Destinations): Scheduler {
  const kept = new Map<IpAddress, Destination>();
  return (_client, virtualAddress) => {
    const before = kept.get(virtualAddress);
    if (before && before.weight > 0 && !isOverloaded(before, all)) return before;
    const chosen = cheapest(all, load);
    if (chosen) kept.set(virtualAddress, chosen);
    return chosen;
  };
}

/** ip_vs_lblcr.c: as lblc, but a destination that has too much to do is joined by another, not left. */
function localityBasedWithReplication(all: Destinations): Scheduler {
  const kept = new Map<IpAddress, Set<Destination>>();
  return (_client, virtualAddress) => {
    const set = kept.get(virtualAddress) ?? new Set();
    const before = cheapest([...set], load);
    if (before && !isOverloaded(before, all)) return before;
    const chosen = cheapest(all, load);
    if (chosen) kept.set(virtualAddress, set.add(chosen));
    return chosen;
  };
}

const delay = (each: Destination): number => (each.active + 1) / each.weight;

function shortestDelay(all: Destinations): Scheduler {
  return () => cheapest(all, delay);
}

/** ip_vs_nq.c: an idle destination at once, else the shortest delay. */
function neverQueue(all: Destinations): Scheduler {
  return () => all.find(({ active, weight }) => active === 0 && weight > 0) ?? cheapest(all, delay);
}

/** IP_VS_SH_TAB_SIZE and IP_VS_DH_TAB_SIZE. */
const HASH_SLOTS = 256;
/** The multiplier of hash_32 (include/linux/hash.h). */
const GOLDEN = 0x61c88647;
const slotOf = (address: IpAddress): number => Math.imul(wordOf(address), GOLDEN) >>> 24;

/** IPv6 addresses are folded (ip_vs_sh_hashkey). */
function wordOf(address: IpAddress): number {
  if (typeof address === 'number') return address;
  const half = address ^ (address >> 64n);
  return Number(BigInt.asIntN(32, half ^ (half >> 32n)));
}

/** ip_vs_sh.c: each destination has as many slots as its weight, in turn; a client keeps its slot. */
function sourceHashing(all: Destinations): Scheduler {
  const slots: Destination[] = [];
  const turns = all.flatMap((each) => Array<Destination>(Math.min(each.weight, HASH_SLOTS)).fill(each));
  if (turns.length > 0) for (let i = 0; i < HASH_SLOTS; i++) slots.push(turns[i % turns.length]!);
  return ({ address }) => slots[slotOf(address)];
}

/** ip_vs_dh.c: by the address that is asked for; destinations of weight 0 keep their slots and refuse. */
function destinationHashing(all: Destinations): Scheduler {
  return (_client, virtualAddress) => {
    const destination = all[slotOf(virtualAddress) % Math.max(1, all.length)];
    return destination && destination.weight > 0 ? destination : undefined;
  };
}

/** The prime that the kernel takes for 2^12 slots (ip_vs_mh.c). */
const MAGLEV_SLOTS = 4093;

/**
 * ip_vs_mh.c, after the Maglev paper (NSDI 2016, §3.4): destinations fill a table in turn, each by its own
 * permutation, so that one that comes or goes moves few clients. The kernel hashes with hsiphash; here it is murmur's
 * finish, so slots are others than the kernel's.
 */
function maglevHashing(all: Destinations): Scheduler {
  const usable = all.filter(({ weight }) => weight > 0);
  const slots = new Array<Destination | undefined>(MAGLEV_SLOTS).fill(undefined);
  if (usable.length > 0) fillMaglev(slots, usable);
  return ({ address, port }) => slots[(scramble(wordOf(address)) + port) % MAGLEV_SLOTS];
}

function fillMaglev(slots: (Destination | undefined)[], usable: Destinations): void {
  const divisor = usable.reduce((common, { weight }) => gcd(common, weight), 0);
  const states = usable.map((destination) => {
    const name = scramble(wordOf(destination.address) ^ (destination.port << 16));
    return {
      destination,
      turns: destination.weight / divisor,
      next: name % MAGLEV_SLOTS,
      skip: (scramble(name) % (MAGLEV_SLOTS - 1)) + 1,
    };
  });
  let filled = 0;
  for (;;) {
    for (const state of states) {
      for (let turn = 0; turn < state.turns; turn++) {
        while (slots[state.next] !== undefined) state.next = (state.next + state.skip) % MAGLEV_SLOTS;
        slots[state.next] = state.destination;
        if (++filled === MAGLEV_SLOTS) return;
      }
    }
  }
}

function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
