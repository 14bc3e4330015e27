import type { Prefix } from '../cidr.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Link } from '../link/link.ts';
import { NetError } from '../net-error.ts';
import type { AddressSpace } from './address-space.ts';
import { PrefixTable } from './prefix-table.ts';
import { type Route, type RouteTable, usesLink } from './route.ts';
import { tableNumber } from './route-table.ts';
import { type RouteKey, ruleMatches } from './routing-rule.ts';
import { RoutingRules } from './routing-rules.ts';

/** The number of routes one namespace holds; a further one is refused with ENOBUFS. */
const MAX_ROUTES = 1 << 16;
/** Remembered look-ups by destination; a change of any route or rule empties them. */
const CACHE = 1024;

/**
 * The forwarding information base of one family: rules lead to tables, each by longest prefix, within a prefix by
 * metric. Where rules ask for no more than a destination, answers are remembered until any route or rule changes,
 * so a remembered answer is what a full one would be.
 */
export class Fib<Address extends IpAddress> {
  readonly rules: RoutingRules;
  readonly #space: AddressSpace<Address>;
  /** Those that hold routes, and so no more than there are routes. */
  readonly #tables = new Map<RouteTable, PrefixTable<Address>>();
  #size = 0;
  readonly #cacheKeys: Address[];
  readonly #cacheRoutes: (Route<Address> | undefined)[] = new Array(CACHE);
  readonly #onChange: () => void;

  constructor(space: AddressSpace<Address>, onChange: () => void) {
    this.#space = space;
    this.#cacheKeys = new Array(CACHE).fill(space.nothing);
    this.#onChange = onChange;
    this.rules = new RoutingRules(space.firstRules, () => this.#changed());
  }

  /** The route to `destination`; `key` needs to be told only where `rules.isKeyed`, or to bind it to a device. */
  lookup(destination: Address, key: RouteKey = NO_KEY): Route<Address> | undefined {
    if (this.rules.isKeyed || key.output !== undefined) return this.#walk(destination, key);
    const slot = this.#space.slot(destination) & (CACHE - 1);
    if (this.#cacheKeys[slot] === destination) return this.#cacheRoutes[slot];
    const route = this.#walk(destination, NO_KEY);
    this.#cacheKeys[slot] = destination;
    this.#cacheRoutes[slot] = route;
    return route;
  }

  /**
   * What an address is to this node, whatever rules say (inet_addr_type): the local table's answer, which is one
   * with main's until rules change (fib_unmerge, net/ipv4/fib_trie.c).
   */
  lookupOwn(destination: Address): Route<Address> | undefined {
    if (!this.rules.isCustom) return this.lookup(destination);
    return this.#tables.get('local')?.lookup(destination);
  }

  /** EEXIST if the table has a route of that prefix and metric. */
  add(route: Route<Address>): void {
    if (this.#size >= MAX_ROUTES) throw new NetError('ENOBUFS', 'route table is full');
    const table = this.#tables.get(route.table) ?? new PrefixTable(this.#space);
    if (!table.add(route)) throw new NetError('EEXIST', 'File exists');
    this.#tables.set(route.table, table);
    this.#size++;
    this.#changed();
  }

  remove(route: Route<Address>): boolean {
    const table = this.#tables.get(route.table);
    const removed = table?.remove(route) ?? false;
    if (removed) this.#size--;
    if (table?.isEmpty) this.#tables.delete(route.table);
    this.#changed();
    return removed;
  }

  /** fib_sync_down_dev: a multipath route goes with the last device that is up, or with any that is deleted. */
  removeLink(link: Link, isDeleted = false): void {
    for (const table of [...this.#tables.values()])
      for (const route of table.all()) if (endsWith(route, link, isDeleted)) this.remove(route);
  }

  /** The routes of exactly this prefix, within a table by metric. */
  of({ address, prefixLength }: Prefix): Route<Address>[] {
    return [...this.#tables.values()].flatMap((table) => table.of(address as Address, prefixLength));
  }

  /** The tables that hold routes, by number. */
  tables(): RouteTable[] {
    return [...this.#tables.keys()].sort((a, b) => tableNumber(a) - tableNumber(b));
  }

  /** Longest prefix last, as `ip route` shows: by prefix, then metric. */
  list(table?: RouteTable): Route<Address>[] {
    const tables = table === undefined ? [...this.#tables.values()] : [this.#tables.get(table)];
    return tables
      .flatMap((each) => each?.all() ?? [])
      .sort(
        (a, b) =>
          compare(a.destination, b.destination) || a.prefixLength - b.prefixLength || a.metric - b.metric,
      );
  }

  /** fib_rules_lookup, net/core/fib_rules.c: a table without an answer, or with `throw`, leaves it to the next rule. */
  #walk(destination: Address, key: RouteKey): Route<Address> | undefined {
    const { output } = key;
    const leads = output && ((route: Route<Address>) => route.link === undefined || usesLink(route, output));
    for (const rule of this.rules.list()) {
      if (!ruleMatches(rule, destination, key)) continue;
      if (rule.action !== 'lookup') return this.#ending(rule.action, destination);
      const route = this.#tables.get(rule.table)?.lookup(destination, leads);
      if (route !== undefined && route.type !== 'throw') return route;
    }
    return undefined;
  }

  /** A rule that says `unreachable` is as if there were no route (fib4_rule_action). */
  #ending(type: 'blackhole' | 'unreachable' | 'prohibit', destination: Address): Route<Address> | undefined {
    if (type === 'unreachable') return undefined;
    const prefixLength = this.#space.bits;
    return { ...ENDING, type, destination, prefixLength } as Route<Address>;
  }

  #changed(): void {
    this.#cacheKeys.fill(this.#space.nothing);
    this.#onChange();
  }
}

function endsWith(route: Route, link: Link, isDeleted: boolean): boolean {
  if (!usesLink(route, link)) return false;
  return isDeleted || (route.paths?.every((path) => !path.route.link?.up) ?? true);
}

const NO_KEY: RouteKey = {};

const ENDING: Omit<Route<never>, 'type' | 'destination' | 'prefixLength'> = {
  table: 'main',
  gateway: undefined,
  link: undefined,
  source: undefined,
  scope: 'global',
  metric: 0,
  onlink: false,
  protocol: 'kernel',
  mtu: undefined,
  mtuLocked: false,
  paths: undefined,
};

function compare(a: IpAddress, b: IpAddress): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
