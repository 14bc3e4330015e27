import { maskOf } from '../cidr.ts';
import type { Link } from '../link/link.ts';
import { NetError } from '../net-error.ts';
import type { Route, RouteTable } from './route.ts';

/** The number of routes one namespace holds; a further one is refused with ENOBUFS. */
const MAX_ROUTES = 1 << 16;
/** Remembered look-ups by destination; a change of any route empties them. */
const CACHE = 1024;

/**
 * The forwarding information base: the local table, then main, each by longest prefix, within a prefix by
 * metric. Look-ups are remembered until any route changes, so a remembered answer is what a full one would be.
 */
export class Fib {
  readonly #tables: Record<RouteTable, PrefixTable> = { local: new PrefixTable(), main: new PrefixTable() };
  #size = 0;
  readonly #cacheKeys = new Float64Array(CACHE).fill(-1);
  readonly #cacheRoutes: (Route | undefined)[] = new Array(CACHE);
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  lookup(destination: number): Route | undefined {
    const slot = (destination ^ (destination >>> 10) ^ (destination >>> 20)) & (CACHE - 1);
    if (this.#cacheKeys[slot] === destination) return this.#cacheRoutes[slot];
    const route = this.#tables.local.lookup(destination) ?? this.#tables.main.lookup(destination);
    this.#cacheKeys[slot] = destination;
    this.#cacheRoutes[slot] = route;
    return route;
  }

  /** EEXIST if the table has a route of that prefix and metric. */
  add(route: Route): void {
    if (this.#size >= MAX_ROUTES) throw new NetError('ENOBUFS', 'route table is full');
    if (!this.#tables[route.table].add(route)) throw new NetError('EEXIST', 'File exists');
    this.#size++;
    this.#changed();
  }

  remove(route: Route): boolean {
    const removed = this.#tables[route.table].remove(route);
    if (removed) this.#size--;
    this.#changed();
    return removed;
  }

  removeLink(link: Link): void {
    this.removeWhere((route) => route.link === link);
  }

  removeWhere(matches: (route: Route) => boolean): void {
    for (const table of [this.#tables.local, this.#tables.main]) {
      for (const route of table.all()) if (matches(route)) this.remove(route);
    }
  }

  find(matches: (route: Route) => boolean): Route | undefined {
    return this.list().find(matches);
  }

  /** Longest prefix last, as `ip route` shows: by prefix, then metric. */
  list(table?: RouteTable): Route[] {
    const tables = table ? [this.#tables[table]] : [this.#tables.local, this.#tables.main];
    return tables
      .flatMap((each) => each.all())
      .sort(
        (a, b) => a.destination - b.destination || a.prefixLength - b.prefixLength || a.metric - b.metric,
      );
  }

  #changed(): void {
    this.#cacheKeys.fill(-1);
    this.#onChange();
  }
}

class PrefixTable {
  readonly #byLength: (Map<number, Route[]> | undefined)[] = new Array(33);
  /** The prefix lengths in use, longest first. */
  #lengths: number[] = [];

  lookup(destination: number): Route | undefined {
    for (const length of this.#lengths) {
      const route = this.#byLength[length]!.get((destination & maskOf(length)) >>> 0)?.[0];
      if (route) return route;
    }
    return undefined;
  }

  add(route: Route): boolean {
    let map = this.#byLength[route.prefixLength];
    if (!map) {
      map = new Map();
      this.#byLength[route.prefixLength] = map;
    }
    const routes = map.get(route.destination) ?? [];
    if (
      routes.some(
        (other) => other.metric === route.metric && other.type === route.type && other.link === route.link,
      )
    )
      return false;
    if (route.table === 'main' && routes.some((other) => other.metric === route.metric)) return false;
    routes.push(route);
    routes.sort((a, b) => a.metric - b.metric);
    map.set(route.destination, routes);
    this.#index();
    return true;
  }

  remove(route: Route): boolean {
    const map = this.#byLength[route.prefixLength];
    const routes = map?.get(route.destination);
    const at = routes?.indexOf(route) ?? -1;
    if (!map || !routes || at < 0) return false;
    routes.splice(at, 1);
    if (routes.length === 0) map.delete(route.destination);
    this.#index();
    return true;
  }

  all(): Route[] {
    return this.#byLength.flatMap((map) => (map ? [...map.values()].flat() : []));
  }

  #index(): void {
    this.#lengths = [];
    for (let length = 32; length >= 0; length--) if (this.#byLength[length]?.size) this.#lengths.push(length);
  }
}
