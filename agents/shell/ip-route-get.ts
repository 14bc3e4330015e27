import { sentFlow } from '../netstack/fib/flow-identity.ts';
import { endsHere, type Route } from '../netstack/fib/route.ts';
import { UNREACH_HOST, UNREACH_NET } from '../netstack/header/icmp-header.ts';
import { decideInput, type NoInputRoute } from '../netstack/ip/route-input.ts';
import { formatIp, type IpAddress, isIpv6, versionOf } from '../netstack/ip-address.ts';
import { decideInput6 } from '../netstack/ip6/route-input6.ts';
import type { Link } from '../netstack/link/link.ts';
import type { Netns } from '../netstack/netns.ts';
import { UsageError } from './command.ts';
import { mtuWords } from './ip-route-format.ts';
import { type IpWords, requireAddress, requireLink, requireNumber } from './ip-words.ts';

interface Question {
  readonly destination: IpAddress;
  readonly source: IpAddress | undefined;
  readonly input: Link | undefined;
  readonly output: Link | undefined;
  readonly mark: number;
}

/** `ip route get ADDRESS [from ADDRESS] [iif NAME] [oif NAME] [mark MARK]`. */
export function getRoute(ns: Netns, words: IpWords): string {
  const asked = readQuestion(ns, words);
  const route = asked.input === undefined ? routeSent(ns, asked) : routeReceived(ns, asked, asked.input);
  return isIpv6(asked.destination) ? format6(ns, asked, route) : format4(ns, asked, route);
}

function readQuestion(ns: Netns, words: IpWords): Question {
  let [destination, source]: (IpAddress | undefined)[] = [];
  let [input, output]: (Link | undefined)[] = [];
  let mark = 0;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'from') source = requireAddress(words.value(word));
    else if (word === 'iif') input = requireLink(ns, words.value(word));
    else if (word === 'oif' || word === 'dev') output = requireLink(ns, words.value(word));
    else if (word === 'mark') mark = requireNumber(words.value(word), 0xffffffff, 'not a valid mark');
    else destination = requireAddress(word === 'to' ? words.value(word) : word);
  }
  if (destination === undefined) throw new UsageError('need at least a destination address', 1);
  if (source !== undefined && versionOf(source) !== versionOf(destination))
    throw new UsageError(`Error: inet prefix is expected rather than "${formatIp(source)}".`, 1);
  return { destination, source, input, output, mark };
}

const FAULTS: Readonly<Record<string, string>> = {
  ENETUNREACH: 'Network is unreachable',
  EHOSTUNREACH: 'No route to host',
  EACCES: 'Permission denied',
  EINVAL: 'Invalid argument',
};

function fault(code: string): UsageError {
  return new UsageError(`RTNETLINK answers: ${FAULTS[code] ?? code}`, 2);
}

/** A source that is nobody's here cannot send (ip_route_output_key). */
function routeSent(ns: Netns, { destination, ...key }: Question): Route {
  if (key.source !== undefined && !isIpv6(key.source) && ns.lookupOwn(key.source)?.type !== 'local')
    throw fault('ENETUNREACH');
  const route = ns.ipFor(destination).routeOutput(destination, key);
  if (typeof route === 'string') throw fault(route);
  return route;
}

function routeReceived(ns: Netns, { destination, source, mark }: Question, input: Link): Route {
  const from = source ?? (isIpv6(destination) ? 0n : 0);
  const decided = isIpv6(destination)
    ? decideInput6(ns, input, from as typeof destination, destination, mark)
    : decideInput(ns, input, from as typeof destination, destination, mark);
  if ('reason' in decided) throw fault(errnoOf(decided, isIpv6(destination)));
  if (decided.paths === undefined) return decided;
  return ns.paths.choose(decided.paths, sentFlow(undefined, from as IpAddress, destination, 0));
}

/** The errno of a way in that ends here; both families' ICMP begin their codes with that of no route. */
function errnoOf({ reason, code }: NoInputRoute, isSix: boolean): string {
  if (reason === 'IP_FORWARDING_OFF') return 'EHOSTUNREACH';
  if (code === undefined) return 'EINVAL';
  if (code === UNREACH_NET) return 'ENETUNREACH';
  return code === UNREACH_HOST && !isSix ? 'EHOSTUNREACH' : 'EACCES';
}

/** What both families show first. */
function hopWords({ destination, source }: Question, route: Route): string[] {
  const words = route.type === 'unicast' ? [] : [route.type as string];
  words.push(formatIp(destination));
  if (isIpv6(destination)) words.push('from', formatIp(source ?? 0n));
  else if (source !== undefined) words.push('from', formatIp(source));
  if (route.gateway !== undefined) words.push('via', formatIp(route.gateway));
  words.push('dev', endsHere(route) && route.type !== 'broadcast' ? 'lo' : route.link!.name);
  if (route.table !== 'main') words.push('table', `${route.table}`);
  return words;
}

function format4(ns: Netns, asked: Question, route: Route): string {
  const words = hopWords(asked, route);
  const { input, mark } = asked;
  const source = asked.source ?? ns.ip.sourceFor(route, asked.destination as never);
  if (input === undefined && asked.source === undefined && source !== undefined)
    words.push('src', formatIp(source));
  if (mark !== 0) words.push('mark', formatMark(mark));
  if (input === undefined) words.push('uid', '0');
  const cache = ['cache', ...(route.type === 'local' ? ['<local>'] : []), ...pathWords(ns, asked, route)];
  if (input !== undefined) cache.push('iif', input.name);
  return `${words.join(' ')} \n    ${cache.join(' ')} \n`;
}

function format6(ns: Netns, asked: Question, route: Route): string {
  const words = hopWords(asked, route);
  const source = ns.ip6.sourceFor(route, asked.destination as never);
  if (source !== undefined) words.push('src', formatIp(source));
  words.push('metric', `${route.metric}`, ...pathWords(ns, asked, route));
  if (asked.input !== undefined) words.push('iif', asked.input.name);
  return `${words.join(' ')} pref medium\n`;
}

/** The route's MTU, or what a router said of the path, and for how long that holds. */
function pathWords(ns: Netns, { destination, input }: Question, route: Route): string[] {
  const learnt = input === undefined ? ns.ipFor(destination).pathMtus.find(route, destination) : undefined;
  if (learnt === undefined) return mtuWords(route);
  const seconds = Math.floor((learnt.expiresAt - ns.clock.now()) / 1000);
  return ['expires', `${seconds}sec`, ...mtuWords({ mtu: learnt.mtu, mtuLocked: learnt.isLocked })];
}

/** A mark below 16 is shown in decimal (iproute2's print_route). */
const formatMark = (mark: number): string => (mark >= 16 ? `0x${mark.toString(16)}` : `${mark}`);
