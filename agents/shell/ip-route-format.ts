import { formatCidr } from '../netstack/cidr.ts';
import type { Route, RoutePath } from '../netstack/fib/route.ts';
import { bitsOf, formatIp, isIpv6 } from '../netstack/ip-address.ts';

/** What `ip route` shows of a route; `withTable` names the table as `show table all` does. */
export function formatRoute(route: Route, withTable = false): string {
  const { paths } = route;
  const words = [...(route.type === 'unicast' ? [] : [route.type]), prefixOf(route)];
  if (paths === undefined) words.push(...hopWords(route));
  if (withTable && route.table !== 'main') words.push('table', `${route.table}`);
  if (route.protocol !== 'boot') words.push('proto', route.protocol);
  const six = isIpv6(route.destination);
  if (route.scope !== 'global' && !six) words.push('scope', route.scope);
  if (route.source !== undefined) words.push('src', formatIp(route.source));
  if (route.metric !== 0 || six) words.push('metric', `${route.metric}`);
  if (paths === undefined) words.push(...hopFlags(route));
  if (route.mtu !== undefined) words.push(...mtuWords(route));
  if (six) words.push('pref', 'medium');
  const line = words.join(' ');
  return [six ? line : `${line} `, ...(paths ?? []).map(formatPath)].join('\n');
}

function formatPath({ route, weight }: RoutePath): string {
  return `\tnexthop ${[...hopWords(route), 'weight', `${weight}`, ...hopFlags(route)].join(' ')} `;
}

function hopWords({ gateway, link }: Route): string[] {
  return [
    ...(gateway === undefined ? [] : ['via', formatIp(gateway)]),
    ...(link === undefined ? [] : ['dev', link.name]),
  ];
}

/** A hop whose device is down is `dead`; one whose device has nothing to talk to is `linkdown`. */
function hopFlags({ link, onlink }: Route): string[] {
  return [
    ...(link?.up === false ? ['dead'] : []),
    ...(onlink ? ['onlink'] : []),
    ...(link?.carrier === false ? ['linkdown'] : []),
  ];
}

export function mtuWords({ mtu, mtuLocked }: Pick<Route, 'mtu' | 'mtuLocked'>): string[] {
  return mtu === undefined ? [] : ['mtu', ...(mtuLocked ? ['lock'] : []), `${mtu}`];
}

function prefixOf(route: Route): string {
  if (route.prefixLength === 0) return 'default';
  const prefix = { address: route.destination, prefixLength: route.prefixLength };
  return route.prefixLength === bitsOf(route.destination) ? formatIp(route.destination) : formatCidr(prefix);
}

export function routeToJson(route: Route): Record<string, unknown> {
  const { paths } = route;
  return {
    ...(route.type === 'unicast' ? {} : { type: route.type }),
    dst: prefixOf(route),
    ...(paths === undefined ? hopToJson(route) : {}),
    ...(route.protocol === 'boot' ? {} : { protocol: route.protocol }),
    ...(route.scope === 'global' ? {} : { scope: route.scope }),
    ...(route.source === undefined ? {} : { prefsrc: formatIp(route.source) }),
    ...(route.metric === 0 ? {} : { metric: route.metric }),
    flags: paths === undefined ? hopFlags(route) : [],
    ...(route.mtu === undefined ? {} : { metrics: [{ mtu: route.mtu }] }),
    ...(isIpv6(route.destination) ? { pref: 'medium' } : {}),
    ...(paths === undefined ? {} : { nexthops: paths.map(pathToJson) }),
  };
}

function pathToJson({ route, weight }: RoutePath): Record<string, unknown> {
  return { ...hopToJson(route), weight, flags: hopFlags(route) };
}

function hopToJson({ gateway, link }: Route): Record<string, unknown> {
  return {
    ...(gateway === undefined ? {} : { gateway: formatIp(gateway) }),
    ...(link === undefined ? {} : { dev: link.name }),
  };
}
