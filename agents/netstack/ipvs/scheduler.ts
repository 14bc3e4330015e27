import type { IpAddress } from '../ip-address.ts';
import type { Destination } from './destination.ts';
import { foldedAddress } from './folded-address.ts';
import { gcd, maglevSlot, maglevTable } from './maglev.ts';

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

/** Whose turn it was last; one for all schedulers that a service has had. */
export interface Turn {
  last: Destination | undefined;
}

/** net/netfilter/ipvs/ip_vs_rr.c; turns go on where they were when destinations come and go. */
function roundRobin(all: Destinations, turn: Turn = { last: undefined }): Scheduler {
  let last = turn.last === undefined ? -1 : all.indexOf(turn.last);
  return () => {
    for (let i = 1; i <= all.length; i++) {
      const at = (last + i) % all.length;
      if (all[at]!.weight === 0) continue;
      last = at;
      turn.last = all[at];
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
const slotOf = (address: IpAddress, port: number): number =>
  Math.imul(foldedAddress(address) + port, GOLDEN) >>> 24;

/** Of weight 0 it refuses whom it would have got. */
const ifUsable = (destination: Destination | undefined): Destination | undefined =>
  destination !== undefined && destination.weight > 0 ? destination : undefined;

/**
 * ip_vs_sh.c: each destination has as many slots in a row as its weight, in turn, and one if that is 0; a client keeps
 * its slot.
 */
function sourceHashing(all: Destinations): Scheduler {
  const turns = all.flatMap((each) => {
    const slots = Math.min(Math.max(1, each.weight), HASH_SLOTS);
    return new Array<Destination>(slots).fill(each);
  });
  return ({ address, port }) =>
    turns.length === 0 ? undefined : ifUsable(turns[slotOf(address, port) % turns.length]);
}

/** ip_vs_dh.c: by the address that is asked for. */
function destinationHashing(all: Destinations): Scheduler {
  return (_client, virtualAddress) => ifUsable(all[slotOf(virtualAddress, 0) % Math.max(1, all.length)]);
}

/** ip_vs_mh.c */
function maglevHashing(all: Destinations): Scheduler {
  const table = maglevTable(all);
  return ({ address, port }) => ifUsable(table[maglevSlot(address, port)]);
}
