import type { RouteTable, RouteType } from '../netstack/fib/route.ts';
import type { NextHopSpec, RouteSpec } from '../netstack/fib/route-spec.ts';
import { routeTable } from '../netstack/fib/route-table.ts';
import { isIpv6 } from '../netstack/ip-address.ts';
import type { Netns } from '../netstack/netns.ts';
import { UsageError } from './command.ts';
import { type IpWords, requireAddress, requireLink, requireNumber, requirePrefix } from './ip-words.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const TYPES: ReadonlySet<string> = new Set([
  'unicast',
  'local',
  'broadcast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
]);
const MAX_U32 = 0xffffffff;

/** The words of a route behind `ip route add` and its like. */
export function readRouteSpec(ns: Netns, words: IpWords): RouteSpec {
  const spec: Partial<Mutable<RouteSpec>> = {};
  const nextHops: NextHopSpec[] = [];
  let isDefault = false;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (TYPES.has(word)) spec.type = word as RouteType;
    else if (word === 'nexthop') nextHops.push(readNextHop(ns, words));
    else if (readHopWord(ns, words, word, spec)) continue;
    else if (word === 'src') spec.source = requireAddress(words.value(word));
    else if (word === 'metric')
      spec.metric = requireNumber(words.value(word), MAX_U32, '"metric" value is invalid');
    else if (word === 'mtu') readMtu(words, spec);
    else if (word === 'table') spec.table = requireRouteTable(words.value(word));
    else if (word === 'scope') spec.scope = words.value(word) as 'global' | 'link' | 'host';
    else if (word === 'proto') spec.protocol = words.value(word) as 'kernel' | 'boot' | 'static';
    else if (word === 'default') isDefault = true;
    else if (!spec.destination) spec.destination = requirePrefix(word);
    else throw new UsageError(`Error: either "to" is duplicate, or "${word}" is a garbage.`, 255);
  }
  if (isDefault && spec.destination)
    throw new UsageError('Error: either "to" is duplicate, or "default" is a garbage.', 255);
  const gateway = spec.gateway ?? nextHops[0]?.gateway;
  const isSix = words.family === 6 || (gateway !== undefined && isIpv6(gateway));
  const destination = spec.destination ?? requirePrefix('default', isSix ? 6 : 4);
  return { ...spec, destination, ...(nextHops.length > 0 ? { nextHops } : {}) };
}

/** `via ADDRESS`, `dev NAME` and `onlink`; false for another word. */
function readHopWord(ns: Netns, words: IpWords, word: string, hop: Mutable<NextHopSpec>): boolean {
  if (word === 'via') hop.gateway = requireAddress(words.value(word));
  else if (word === 'dev') hop.link = requireLink(ns, words.value(word));
  else if (word === 'onlink') hop.onlink = true;
  else return false;
  return true;
}

function readNextHop(ns: Netns, words: IpWords): NextHopSpec {
  const hop: Mutable<NextHopSpec> = {};
  if (words.peek() === undefined) throw new UsageError('Error: unexpected end of line after "nexthop"', 255);
  for (let word = words.peek(); word !== undefined && word !== 'nexthop'; word = words.peek()) {
    words.next();
    if (readHopWord(ns, words, word, hop)) continue;
    if (word !== 'weight')
      throw new UsageError(`Error: either "nexthop" is duplicate, or "${word}" is a garbage.`, 255);
    hop.weight = requireNumber(words.value(word), 256, '"weight" is invalid', 1);
  }
  return hop;
}

/** `mtu [lock] BYTES`. */
function readMtu(words: IpWords, spec: Partial<Mutable<RouteSpec>>): void {
  if (words.peek() === 'lock') {
    words.next();
    spec.mtuLocked = true;
  }
  spec.mtu = requireNumber(words.value('mtu'), 65_535, '"mtu" value is invalid');
}

export function requireRouteTable(name: string): RouteTable {
  const table = routeTable(name);
  if (table !== undefined) return table;
  throw new UsageError(`Error: argument "${name}" is wrong: table id value is invalid\n`, 255);
}
