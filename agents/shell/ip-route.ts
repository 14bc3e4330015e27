import { formatCidr } from '../netstack/cidr.ts';
import type { Route, RouteTable, RouteType } from '../netstack/fib/route.ts';
import type { RouteSpec } from '../netstack/fib/route-spec.ts';
import { bitsOf, formatIp, isIpv6 } from '../netstack/ip-address.ts';
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
  let isDefault = false;
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
    else if (word === 'default') isDefault = true;
    else if (!spec.destination) spec.destination = requirePrefix(word);
    else throw new UsageError(`Error: either "to" is duplicate, or "${word}" is a garbage.`, 255);
  }
  if (isDefault && spec.destination)
    throw new UsageError('Error: either "to" is duplicate, or "default" is a garbage.', 255);
  const isSix = words.family === 6 || (spec.gateway !== undefined && isIpv6(spec.gateway));
  return { ...spec, destination: spec.destination ?? requirePrefix('default', isSix ? 6 : 4) };
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
      const prefix = requirePrefix(word, words.family);
      conditions.push(
        (route) => route.destination === prefix.address && route.prefixLength === prefix.prefixLength,
      );
    }
  }
  return { tables, matches: (route) => conditions.every((holds) => holds(route)) };
}

function show(ns: Netns, words: IpWords) {
  const { tables, matches } = readSelection(ns, words);
  const routes = tables.flatMap((table) => listed(ns, words, table)).filter(matches);
  if (words.json) return success(`${JSON.stringify(routes.map(routeToJson))}\n`);
  return success(routes.map((route) => `${formatRoute(route, tables.length > 1)}\n`).join(''));
}

function flush(ns: Netns, words: IpWords) {
  const { tables, matches } = readSelection(ns, words);
  for (const table of tables)
    for (const route of listed(ns, words, table)) if (matches(route)) ns.removeRoute(route);
  return success();
}

/** Of IPv4 unless `-6` asks for the others. */
function listed({ fib, fib6 }: Netns, { family }: IpWords, table: RouteTable): readonly Route[] {
  return family === 6 ? fib6.list(table) : fib.list(table);
}

function prefixOf(route: Route): string {
  if (route.prefixLength === 0) return 'default';
  const prefix = { address: route.destination, prefixLength: route.prefixLength };
  return route.prefixLength === bitsOf(route.destination) ? formatIp(route.destination) : formatCidr(prefix);
}

/** One line of `ip route`; `withTable` names the table as `show table all` does. */
export function formatRoute(route: Route, withTable = false): string {
  const words = [...(route.type === 'unicast' ? [] : [route.type]), prefixOf(route)];
  if (route.gateway !== undefined) words.push('via', formatIp(route.gateway));
  if (route.link) words.push('dev', route.link.name);
  if (withTable && route.table !== 'main') words.push('table', route.table);
  if (route.protocol !== 'boot') words.push('proto', route.protocol);
  const six = isIpv6(route.destination);
  if (route.scope !== 'global' && !six) words.push('scope', route.scope);
  if (route.source !== undefined) words.push('src', formatIp(route.source));
  if (route.metric !== 0 || six) words.push('metric', `${route.metric}`);
  if (route.onlink) words.push('onlink');
  if (six) words.push('pref', 'medium');
  return `${words.join(' ')} `;
}

function routeToJson(route: Route): Record<string, unknown> {
  return {
    ...(route.type === 'unicast' ? {} : { type: route.type }),
    dst: prefixOf(route),
    ...(route.gateway === undefined ? {} : { gateway: formatIp(route.gateway) }),
    ...(route.link ? { dev: route.link.name } : {}),
    protocol: route.protocol,
    ...(route.scope === 'global' ? {} : { scope: route.scope }),
    ...(route.source === undefined ? {} : { prefsrc: formatIp(route.source) }),
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
  const ip = ns.ipFor(destination);
  const route = ip.routeOutput(destination);
  if (typeof route === 'string') throw new UsageError(`RTNETLINK answers: ${NO_ROUTE[route] ?? route}`, 2);
  const source = ip.sourceFor(route, destination);
  const parts = route.type === 'unicast' ? [] : [route.type as string];
  parts.push(formatIp(destination));
  if (route.gateway !== undefined) parts.push('via', formatIp(route.gateway));
  parts.push('dev', route.type === 'local' ? 'lo' : route.link!.name);
  if (source !== undefined) parts.push('src', formatIp(source));
  if (isIpv6(destination)) return `${parts.join(' ')} metric ${route.metric} pref medium\n`;
  return `${parts.join(' ')} uid 0 \n    cache ${route.type === 'local' ? '<local> ' : ''}\n`;
}
