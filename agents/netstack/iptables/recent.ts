import { masked } from '../cidr.ts';
import { ipDestination, ipSource, isVersion6 } from '../header/ip-header.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Netns } from '../netns.ts';
import type { Predicate } from './match-compiler.ts';
import type { RecentMatch } from './rule.ts';

/** xt_recent's module parameters: entries a list holds (the oldest gives way), stamps an entry holds. */
const LIST_TOTAL = 100;
const PACKET_LIST_TOTAL = 20;
/** Lists of one namespace. */
const MAX_LISTS = 65_536;

interface Entry {
  ttl: number;
  readonly stamps: number[];
}

/** Addresses in order of their latest stamp, oldest first. */
class RecentList {
  readonly #entries = new Map<IpAddress, Entry>();

  get(address: IpAddress): Entry | undefined {
    return this.#entries.get(address);
  }

  touch(address: IpAddress, ttl: number, now: number): void {
    const entry = this.#entries.get(address) ?? { ttl, stamps: [] };
    entry.ttl = ttl;
    entry.stamps.push(now);
    if (entry.stamps.length > PACKET_LIST_TOTAL) entry.stamps.shift();
    this.#entries.delete(address);
    if (this.#entries.size >= LIST_TOTAL) this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(address, entry);
  }

  remove(address: IpAddress): void {
    this.#entries.delete(address);
  }

  /** Drops the oldest entry if nothing of it is younger than `since`. */
  reap(since: number): void {
    const oldest = this.#entries.entries().next().value;
    if (oldest && oldest[1].stamps[oldest[1].stamps.length - 1]! < since) this.#entries.delete(oldest[0]);
  }
}

/** The lists of a namespace by name; rules of one name share one. */
export class RecentLists {
  readonly #lists = new Map<string, RecentList>();

  list(name: string): RecentList {
    let list = this.#lists.get(name);
    if (!list) {
      list = new RecentList();
      if (this.#lists.size < MAX_LISTS) this.#lists.set(name, list);
    }
    return list;
  }
}

/** recent_mt, net/netfilter/xt_recent.c. */
export function compileRecent(ns: Netns, match: RecentMatch): Predicate {
  const list = ns.iptables.recentLists.list(match.name);
  const addressOf = match.side === 'rsource' ? ipSource : ipDestination;
  return (packet) => {
    const { bytes, l3 } = packet;
    const { now } = ns.softirq;
    const address = masked(addressOf(bytes, l3), match.mask);
    const ttl = isVersion6(bytes, l3) ? bytes[l3 + 7]! : bytes[l3 + 8]!;
    const known = list.get(address);
    const entry = known && (!match.rttl || known.ttl === ttl) ? known : undefined;
    const hit = decide(match, entry, now);
    if (match.action === 'remove' && entry) list.remove(address);
    if (match.reap && match.seconds !== undefined && entry) list.reap(now - match.seconds * 1000);
    if (match.action === 'set' || (match.action === 'update' && hit !== match.invert))
      list.touch(address, ttl, now);
    return hit !== match.invert;
  };
}

function decide(match: RecentMatch, entry: Entry | undefined, now: number): boolean {
  if (match.action === 'set') return true;
  if (entry === undefined) return false;
  if (match.action === 'remove') return true;
  const since = match.seconds === undefined ? Number.NEGATIVE_INFINITY : now - match.seconds * 1000;
  const hits = entry.stamps.filter((stamp) => stamp >= since).length;
  return hits >= (match.hitcount || 1);
}
