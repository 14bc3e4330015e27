import { mask6Of, maskOf, type Prefix } from '../cidr.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Ipv4 } from '../ipv4.ts';
import type { Ipv6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import { NetError } from '../net-error.ts';
import type { Route, RouteTable } from './route.ts';

/** The number of routes one namespace holds; a further one is refused with ENOBUFS. */
const MAX_ROUTES = 1 << 16;
/** Remembered look-ups by destination; a change of any route empties them. */
const CACHE = 1024;

/** What a family's addresses are to a table of prefixes. */
interface AddressSpace<Address extends IpAddress> {
  readonly bits: 32 | 128;
  network(address: Address, prefixLength: number): Address;
  /** A small number that differs for most addresses. */
  slot(address: Address): number;
  /** No address at all, for an empty slot. */
  readonly nothing: Address;
  /** Whether two routes of one table, prefix and metric may both be. */
  mayStandBeside(one: Route<Address>, other: Route<Address>): boolean;
}

export const IPV4_SPACE: AddressSpace<Ipv4> = {
  bits: 32,
  network: (address, length) => ((address & maskOf(length)) >>> 0) as Ipv4,
  slot: (address) => address ^ (address >>> 10) ^ (address >>> 20),
  nothing: -1 as Ipv4,
  mayStandBeside: (one, other) =>
    one.table !== 'main' && (one.type !== other.type || one.link !== other.link),
};

export const IPV6_SPACE: AddressSpace<Ipv6> = {
  bits: 128,
  network: (address, length) => (address & mask6Of(length)) as Ipv6,
  slot: (address) => Number((address ^ (address >> 32n) ^ (address >> 64n)) & 0xfffn),
  nothing: -1n as Ipv6,
  mayStandBeside: (one, other) => one.link !== other.link || one.type !== other.type,
};

/**
 * The forwarding information base of one family: the local table, then main, each by longest prefix, within a prefix by
 * metric. Look-ups are remembered until any route changes, so a remembered answer is what a full one would be.
 */
export class Fib<Address extends IpAddress> {
  readonly #space: AddressSpace<Address>;
  readonly #tables: Record<RouteTable, PrefixTable<Address>>;
  #size = 0;
  readonly #cacheKeys: Address[];
  readonly #cacheRoutes: (Route<Address> | undefined)[] = new Array(CACHE);
  readonly #onChange: () => void;

  constructor(space: AddressSpace<Address>, onChange: () => void) {
    this.#space = space;
    this.#tables = { local: new PrefixTable(space), main: new PrefixTable(space) };
    this.#cacheKeys = new Array(CACHE).fill(space.nothing);
    this.#onChange = onChange;
  }

  lookup(destination: Address): Route<Address> | undefined {
    const slot = this.#space.slot(destination) & (CACHE - 1);
    if (this.#cacheKeys[slot] === destination) return this.#cacheRoutes[slot];
    const route = this.#tables.local.lookup(destination) ?? this.#tables.main.lookup(destination);
    this.#cacheKeys[slot] = destination;
    this.#cacheRoutes[slot] = route;
    return route;
  }

  /** As lookup, among the routes of one device: for addresses that are unique on a link only. */
  lookupOn(link: Link, destination: Address): Route<Address> | undefined {
    const { local, main } = this.#tables;
    const isOfLink = (route: Route<Address>): boolean => route.link === link;
    return local.lookup(destination, isOfLink) ?? main.lookup(destination, isOfLink);
  }

  /** EEXIST if the table has a route of that prefix and metric. */
  add(route: Route<Address>): void {
    if (this.#size >= MAX_ROUTES) throw new NetError('ENOBUFS', 'route table is full');
    if (!this.#tables[route.table].add(route)) throw new NetError('EEXIST', 'File exists');
    this.#size++;
    this.#changed();
  }

  remove(route: Route<Address>): boolean {
    const removed = this.#tables[route.table].remove(route);
    if (removed) this.#size--;
    this.#changed();
    return removed;
  }

  removeLink(link: Link): void {
    for (const table of this.#inOrder())
      for (const route of table.all()) if (route.link === link) this.remove(route);
  }

  /** The routes of exactly this prefix, the local table's first, within a table by metric. */
  of({ address, prefixLength }: Prefix): Route<Address>[] {
    return this.#inOrder().flatMap((table) => table.of(address as Address, prefixLength));
  }

  /** Longest prefix last, as `ip route` shows: by prefix, then metric. */
  list(table?: RouteTable): Route<Address>[] {
    const tables = table ? [this.#tables[table]] : this.#inOrder();
    return tables
      .flatMap((each) => each.all())
      .sort(
        (a, b) =>
          compare(a.destination, b.destination) || a.prefixLength - b.prefixLength || a.metric - b.metric,
      );
  }

  #inOrder(): PrefixTable<Address>[] {
    return [this.#tables.local, this.#tables.main];
  }

  #changed(): void {
    this.#cacheKeys.fill(this.#space.nothing);
    this.#onChange();
  }
}

function compare(a: IpAddress, b: IpAddress): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

class PrefixTable<Address extends IpAddress> {
  readonly #space: AddressSpace<Address>;
  readonly #byLength: (Map<Address, Route<Address>[]> | undefined)[];
  /** The prefix lengths in use, longest first. */
  #lengths: number[] = [];

  constructor(space: AddressSpace<Address>) {
    this.#space = space;
    this.#byLength = new Array(space.bits + 1);
  }

  lookup(destination: Address, accept?: (route: Route<Address>) => boolean): Route<Address> | undefined {
    for (const length of this.#lengths) {
      const routes = this.#byLength[length]!.get(this.#space.network(destination, length));
      const route = accept === undefined ? routes?.[0] : routes?.find(accept);
      if (route) return route;
    }
    return undefined;
  }

  add(route: Route<Address>): boolean {
    let map = this.#byLength[route.prefixLength];
    if (!map) {
      map = new Map();
      this.#byLength[route.prefixLength] = map;
    }
    const routes = map.get(route.destination) ?? [];
    const clashes = (other: Route<Address>): boolean =>
      other.metric === route.metric && !this.#space.mayStandBeside(route, other);
    if (routes.some(clashes)) return false;
    routes.push(route);
    routes.sort((a, b) => a.metric - b.metric);
    map.set(route.destination, routes);
    this.#index();
    return true;
  }

  remove(route: Route<Address>): boolean {
    const map = this.#byLength[route.prefixLength];
    const routes = map?.get(route.destination);
    const at = routes?.indexOf(route) ?? -1;
    if (!map || !routes || at < 0) return false;
    routes.splice(at, 1);
    if (routes.length === 0) map.delete(route.destination);
    this.#index();
    return true;
  }

  of(address: Address, prefixLength: number): readonly Route<Address>[] {
    return this.#byLength[prefixLength]?.get(this.#space.network(address, prefixLength)) ?? [];
  }

  all(): Route<Address>[] {
    return this.#byLength.flatMap((map) => (map ? [...map.values()].flat() : []));
  }

  #index(): void {
    this.#lengths = [];
    for (let length = this.#space.bits; length >= 0; length--)
      if (this.#byLength[length]?.size) this.#lengths.push(length);
  }
}
