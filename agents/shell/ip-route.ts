import { networkOf, type Prefix } from '../netstack/cidr.ts';
import type { Fib } from '../netstack/fib/fib.ts';
import type { Route, RouteTable } from '../netstack/fib/route.ts';
import { usesLink } from '../netstack/fib/route.ts';
import type { IpAddress } from '../netstack/ip-address.ts';
import type { Netns } from '../netstack/netns.ts';
import { type Command, success, UsageError } from './command.ts';
import { formatRoute, routeToJson } from './ip-route-format.ts';
import { getRoute } from './ip-route-get.ts';
import { readRouteSpec, requireRouteTable } from './ip-route-spec.ts';
import { IpWords, requireLink, requirePrefix } from './ip-words.ts';

const VERBS = ['show', 'list', 'lst', 'get', 'add', 'replace', 'append', 'delete', 'flush'];

/** `ip route show|get|add|replace|append|del|flush`. */
export const ipRoute: Command = (args, _stdin, { ns }) => {
  const words = new IpWords(args, VERBS, 'route');
  switch (words.verb) {
    case 'get':
      return success(getRoute(ns, words));
    case 'add':
    case 'append':
      ns.addRoute(readRouteSpec(ns, words));
      return success();
    case 'replace':
      ns.replaceRoute(readRouteSpec(ns, words));
      return success();
    case 'delete':
      ns.delRoute(readRouteSpec(ns, words));
      return success();
    case 'flush':
      return flush(ns, words);
    default:
      return show(ns, words);
  }
};

interface Selection {
  /** Undefined for all of them. */
  readonly table: RouteTable | undefined;
  matches(route: Route): boolean;
}

function readSelection(ns: Netns, words: IpWords): Selection {
  let table: RouteTable | undefined = 'main';
  const conditions: ((route: Route) => boolean)[] = [];
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'table') {
      const name = words.value(word);
      table = name === 'all' || name === '0' ? undefined : requireRouteTable(name);
    } else if (word === 'dev') {
      const link = requireLink(ns, words.value(word));
      conditions.push((route) => usesLink(route, link));
    } else if (word === 'proto') {
      const protocol = words.value(word);
      conditions.push((route) => route.protocol === protocol);
    } else if (word !== 'to' && word !== 'exact' && word !== 'root') {
      const prefix: Prefix = requirePrefix(word, words.family);
      conditions.push(
        (route) => route.destination === networkOf(prefix) && route.prefixLength === prefix.prefixLength,
      );
    }
  }
  return { table, matches: (route) => conditions.every((holds) => holds(route)) };
}

function show(ns: Netns, words: IpWords) {
  const { table, matches } = readSelection(ns, words);
  const routes = listed(ns, words, table).filter(matches);
  if (words.json) return success(`${JSON.stringify(routes.map(routeToJson))}\n`);
  return success(routes.map((route) => `${formatRoute(route, table === undefined)}\n`).join(''));
}

function flush(ns: Netns, words: IpWords) {
  if (words.peek() === undefined) throw new UsageError('"ip route flush" requires arguments.', 1);
  if (words.peek() === 'cache') {
    (words.family === 6 ? ns.ip6 : ns.ip).pathMtus.flush();
    return success();
  }
  const { table, matches } = readSelection(ns, words);
  for (const route of listed(ns, words, table)) if (matches(route)) ns.removeRoute(route);
  return success();
}

/** Of IPv4 unless `-6` asks for the others; of all tables both. */
function listed({ fib, fib6 }: Netns, { family }: IpWords, only: RouteTable | undefined): readonly Route[] {
  if (only === undefined && family === undefined) return [...tableByTable(fib), ...tableByTable(fib6)];
  const routes: Fib<IpAddress> = (family === 6 ? fib6 : fib) as Fib<IpAddress>;
  return only === undefined ? tableByTable(routes) : routes.list(only);
}

function tableByTable<Address extends IpAddress>(routes: Fib<Address>): Route<Address>[] {
  return routes.tables().flatMap((table) => routes.list(table));
}
