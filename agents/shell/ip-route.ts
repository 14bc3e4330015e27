import { formatCidr } from '../netstack/cidr.ts';
import type { Route, RouteTable, RouteType } from '../netstack/fib/route.ts';
import type { RouteSpec } from '../netstack/fib/route-spec.ts';
import { sourceAddressFor } from '../netstack/fib/source-address.ts';
import { formatIpv4 } from '../netstack/ipv4.ts';
import type { Netns } from '../netstack/netns.ts';
import { type Command, success, UsageError } from './command.ts';
import { IpWords, requireAddress, requireLink, requirePrefix } from './ip-words.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** `ip route show|get|add|replace|append|del|flush`. */
export const ipRoute: Command = (args, _stdin, { ns }) => {
  const words = new IpWords(args, [
    'show',
    'list',
    'lst',
    'get',
    'add',
    'replace',
    'append',
    'delete',
    'flush',
  ]);
  switch (words.verb) {
    case 'get':
      return success(getRoute(ns, words));
    case 'add':
    case 'append':
      ns.addRoute(readSpec(ns, words));
      return success();
    case 'replace':
      ns.replaceRoute(readSpec(ns, words));
      return success();
    case 'delete':
      ns.delRoute(readSpec(ns, words));
      return success();
    case 'flush':
      return flush(ns, words);
    default:
      return show(ns, words);
  }
};

const TYPES: ReadonlySet<string> = new Set([
  'unicast',
  'local',
  'broadcast',
  'blackhole',
  'unreachable',
  'prohibit',
]);

function readSpec(ns: Netns, words: IpWords): RouteSpec {
  const spec: Partial<Mutable<RouteSpec>> = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (TYPES.has(word)) spec.type = word as RouteType;
    else if (word === 'via') spec.gateway = requireAddress(words.value(word));
    else if (word === 'dev') spec.link = requireLink(ns, words.value(word));
    else if (word === 'src') spec.source = requireAddress(words.value(word));
    else if (word === 'metric') spec.metric = Number(words.value(word));
    else if (word === 'table') spec.table = readTable(words.value(word));
    else if (word === 'scope') spec.scope = words.value(word) as 'global' | 'link' | 'host';
    else if (word === 'proto') spec.protocol = words.value(word) as 'kernel' | 'boot' | 'static';
    else if (word === 'onlink') spec.onlink = true;
    else if (!spec.destination) spec.destination = requirePrefix(word);
    else throw new UsageError(`Error: either "to" is duplicate, or "${word}" is a garbage.`, 255);
  }
  return { ...spec, destination: spec.destination ?? requirePrefix('default') };
}

function readTable(name: string): RouteTable {
  if (name === 'local' || name === '255') return 'local';
  if (name === 'main' || name === '254') return 'main';
  throw new UsageError(`Error: argument "${name}" is wrong: table id value is invalid`, 255);
}

interface Selection {
  readonly tables: readonly RouteTable[];
  matches(route: Route): boolean;
}

function readSelection(ns: Netns, words: IpWords): Selection {
  let tables: RouteTable[] = ['main'];
  const conditions: ((route: Route) => boolean)[] = [];
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'table') {
      const name = words.value(word);
      tables = name === 'all' || name === '0' ? ['main', 'local'] : [readTable(name)];
    } else if (word === 'dev') {
      const link = requireLink(ns, words.value(word));
      conditions.push((route) => route.link === link);
    } else if (word === 'proto') {
      const protocol = words.value(word);
      conditions.push((route) => route.protocol === protocol);
    } else if (word !== 'to' && word !== 'exact' && word !== 'root') {
      const prefix = requirePrefix(word);
      conditions.push(
        (route) => route.destination === prefix.address && route.prefixLength === prefix.prefixLength,
      );
    }
  }
  return { tables, matches: (route) => conditions.every((holds) => holds(route)) };
}

function show(ns: Netns, words: IpWords) {
  const { tables, matches } = readSelection(ns, words);
  const routes = tables.flatMap((table) => ns.fib.list(table)).filter(matches);
  if (words.json) return success(`${JSON.stringify(routes.map(routeToJson))}\n`);
  return success(routes.map((route) => `${formatRoute(route, tables.length > 1)}\n`).join(''));
}

function flush(ns: Netns, words: IpWords) {
  const { tables, matches } = readSelection(ns, words);
  for (const table of tables)
    for (const route of ns.fib.list(table)) if (matches(route)) ns.fib.remove(route);
  return success();
}

function prefixOf(route: Route): string {
  if (route.prefixLength === 0) return 'default';
  const prefix = { address: route.destination, prefixLength: route.prefixLength };
  return route.prefixLength === 32 ? formatIpv4(route.destination) : formatCidr(prefix);
}

/** One line of `ip route`; `withTable` names the table as `show table all` does. */
export function formatRoute(route: Route, withTable = false): string {
  const words = [...(route.type === 'unicast' ? [] : [route.type]), prefixOf(route)];
  if (route.gateway !== undefined) words.push('via', formatIpv4(route.gateway));
  if (route.link) words.push('dev', route.link.name);
  if (withTable && route.table !== 'main') words.push('table', route.table);
  if (route.protocol !== 'boot') words.push('proto', route.protocol);
  if (route.scope !== 'global') words.push('scope', route.scope);
  if (route.source !== undefined) words.push('src', formatIpv4(route.source));
  if (route.metric !== 0) words.push('metric', `${route.metric}`);
  if (route.onlink) words.push('onlink');
  return `${words.join(' ')} `;
}

function routeToJson(route: Route): Record<string, unknown> {
  return {
    ...(route.type === 'unicast' ? {} : { type: route.type }),
    dst: prefixOf(route),
    ...(route.gateway === undefined ? {} : { gateway: formatIpv4(route.gateway) }),
    ...(route.link ? { dev: route.link.name } : {}),
    protocol: route.protocol,
    ...(route.scope === 'global' ? {} : { scope: route.scope }),
    ...(route.source === undefined ? {} : { prefsrc: formatIpv4(route.source) }),
    ...(route.metric === 0 ? {} : { metric: route.metric }),
    flags: route.onlink ? ['onlink'] : [],
  };
}

const NO_ROUTE: Readonly<Record<string, string>> = {
  ENETUNREACH: 'Network is unreachable',
  EHOSTUNREACH: 'No route to host',
  EACCES: 'Permission denied',
  EINVAL: 'Invalid argument',
};

/** `ip route get ADDRESS`. */
function getRoute(ns: Netns, words: IpWords): string {
  const destination = requireAddress(words.value('address'));
  const route = ns.ip.routeOutput(destination);
  if (typeof route === 'string') throw new UsageError(`RTNETLINK answers: ${NO_ROUTE[route] ?? route}`, 2);
  const source = sourceAddressFor(ns, route, destination);
  const parts = route.type === 'unicast' ? [] : [route.type as string];
  parts.push(formatIpv4(destination));
  if (route.gateway !== undefined) parts.push('via', formatIpv4(route.gateway));
  parts.push('dev', route.type === 'local' ? 'lo' : route.link!.name);
  if (source !== undefined) parts.push('src', formatIpv4(source));
  return `${parts.join(' ')} uid 0 \n    cache ${route.type === 'local' ? '<local> ' : ''}\n`;
}
