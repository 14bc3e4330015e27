import { contains, type Prefix } from '../netstack/cidr.ts';
import { formatIp, type IpAddress } from '../netstack/ip-address.ts';
import type { Link } from '../netstack/link/link.ts';
import { formatMac, readMac } from '../netstack/mac.ts';
import type { Neighbour, NeighbourState } from '../netstack/neigh/neighbour.ts';
import { isValid } from '../netstack/neigh/neighbour-update.ts';
import type { ProxiedAddress } from '../netstack/neigh/proxied-addresses.ts';
import { NetError } from '../netstack/net-error.ts';
import type { Netns } from '../netstack/netns.ts';
import { type Command, success, UsageError } from './command.ts';
import { IpWords, requireAddress, requireLink, requirePrefix } from './ip-words.ts';

/** Rounds after which a flush gives up. */
const MAX_FLUSHES = 10;
const VERBS = ['add', 'change', 'chg', 'replace', 'delete', 'show', 'lst', 'list', 'flush'];

/** `ip neigh show|add|change|replace|del|flush`. */
export const ipNeighbour: Command = (args, _stdin, { ns }) => {
  const words = new IpWords(args, VERBS, 'neigh');
  if (words.verb === 'flush') return flush(ns, words);
  if (words.verb === 'show' || words.verb === 'list' || words.verb === 'lst') return show(ns, words);
  change(ns, words);
  return success();
};

/** What a change says of whom. */
interface Change {
  address?: IpAddress;
  device?: string;
  lladdr?: string;
  state: NeighbourState;
  isProxy: boolean;
  isRouter: boolean;
}

function change(ns: Netns, words: IpWords): void {
  const { address, device, lladdr, state, isProxy, isRouter } = readChange(words);
  if (device === undefined || address === undefined)
    throw new UsageError('Device and destination are required arguments.', 255);
  const bytes = lladdr === undefined || lladdr === 'null' ? undefined : requireLinkAddress(lladdr);
  const link = requireLink(ns, device);
  if (isProxy) return changeProxy(ns, words.verb, { link, address, isRouter });
  if (words.verb === 'delete') return ns.delNeighbour(link, address);
  if (bytes !== undefined && bytes.length < MAC_LENGTH) throw new NetError('EINVAL', 'Invalid link address.');
  const mac = bytes === undefined ? undefined : readMac(Uint8Array.from(bytes), 0);
  ns.neighbours.command(
    link,
    address,
    { state, mac, isRouter },
    { create: words.verb === 'add' || words.verb === 'replace', replace: words.verb !== 'add' },
  );
}

function readChange(words: IpWords): Change {
  const read: Change = { state: 'PERMANENT', isProxy: false, isRouter: false };
  const setAddress = (word: string): void => {
    if (read.address !== undefined)
      throw new UsageError(`Error: either "to" is duplicate, or "${word}" is a garbage.`, 255);
    read.address = requireAddress(word);
  };
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if ('lladdr'.startsWith(word)) read.lladdr = words.value(word);
    else if (word === 'nud') read.state = requireState(words.value(word));
    else if ('proxy'.startsWith(word)) {
      setAddress(words.value(word));
      read.isProxy = true;
    } else if (word === 'router') read.isRouter = true;
    else if (word === 'dev') read.device = words.value(word);
    else setAddress(word === 'to' ? words.value(word) : word);
  }
  return read;
}

const MAC_LENGTH = 6;

/** As long as it may be (ll_addr_a2n). */
function requireLinkAddress(text: string): number[] {
  if (!/^[0-9a-f]{1,2}(:[0-9a-f]{1,2})*$/i.test(text))
    throw new UsageError(`"${text}" is invalid lladdr.`, 1);
  return text.split(':').map((byte) => Number.parseInt(byte, 16));
}

function changeProxy(ns: Netns, verb: string, entry: ProxiedAddress): void {
  const { proxied } = ns.neighbours;
  if (verb !== 'delete') proxied.set(entry);
  else if (!proxied.delete(entry)) throw new NetError('ENOENT', 'No such file or directory');
}

const STATES: readonly NeighbourState[] = [
  ...(['PERMANENT', 'REACHABLE', 'NOARP', 'NONE', 'STALE', 'INCOMPLETE', 'DELAY', 'PROBE'] as const),
  'FAILED',
];

function requireState(word: string): NeighbourState {
  const state = STATES.find((each) => each.toLowerCase() === word);
  if (state === undefined) throw new UsageError(`Error: argument "${word}" is wrong: nud state is bad`, 255);
  return state;
}

/** What of all there is a listing or a flush is about. */
interface Selection {
  link?: Link;
  prefix?: Prefix;
  states: ReadonlySet<NeighbourState>;
  isProxy: boolean;
}

function readSelection(ns: Netns, words: IpWords, usual: (state: NeighbourState) => boolean): Selection {
  const named = new Set<NeighbourState>();
  const read: Selection = { states: named, isProxy: false };
  let device: string | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'dev') device = words.value(word);
    else if (word === 'nud') {
      const name = words.value(word);
      for (const state of name === 'all' ? STATES : [requireState(name)]) named.add(state);
    } else if (word === 'proxy') read.isProxy = true;
    else read.prefix = requirePrefix(word === 'to' ? words.value(word) : word, words.family);
  }
  if (device !== undefined) read.link = requireLink(ns, device);
  if (named.size === 0) read.states = new Set(STATES.filter(usual));
  return read;
}

function select(ns: Netns, words: IpWords, { link, prefix, states }: Selection): Neighbour[] {
  return ns.neighbours
    .list()
    .filter(
      (each) =>
        states.has(each.state) &&
        (link === undefined || each.link === link) &&
        (prefix === undefined || contains(prefix, each.address)) &&
        words.shows(each.address),
    );
}

function flush(ns: Netns, words: IpWords) {
  if (words.peek() === undefined && words.family === undefined)
    throw new UsageError('Flush requires arguments.', 1);
  if (words.peek() === 'all') words.next();
  const selection = readSelection(ns, words, (state) => state !== 'PERMANENT' && state !== 'NOARP');
  // Who is refused may be told so, and become a neighbour that is asked for.
  for (let round = 0; round < MAX_FLUSHES; round++) {
    const found = select(ns, words, selection).filter(({ state }) => state !== 'NOARP');
    if (found.length === 0) break;
    for (const { link, address } of found) ns.neighbours.remove(link, address);
  }
  return success();
}

function show(ns: Netns, words: IpWords) {
  const selection = readSelection(ns, words, (state) => state !== 'NONE' && state !== 'NOARP');
  if (selection.isProxy) return success(showProxied(ns, words, selection));
  const neighbours = select(ns, words, selection);
  const isOfOne = selection.link !== undefined;
  if (words.json) return success(`${JSON.stringify(neighbours.map((each) => toJson(each, isOfOne)))}\n`);
  return success(neighbours.map((each) => `${formatNeighbour(each, isOfOne)}\n`).join(''));
}

function showProxied(ns: Netns, words: IpWords, { link, prefix }: Selection): string {
  return ns.neighbours.proxied
    .list()
    .filter(
      (each) =>
        (link === undefined || each.link === link) &&
        (prefix === undefined || contains(prefix, each.address)) &&
        words.shows(each.address),
    )
    .map(({ address, link: on, isRouter }) => {
      const device = link === undefined ? `dev ${on.name} ` : '';
      return `${formatIp(address)} ${device}${isRouter ? 'router ' : ''}proxy \n`;
    })
    .join('');
}

function formatNeighbour({ address, link, mac, state, isRouter }: Neighbour, isOfOne: boolean): string {
  const device = isOfOne ? '' : `dev ${link.name} `;
  const layer = mac === undefined || !isValid(state) ? '' : `lladdr ${formatMac(mac)} `;
  const shown = state === 'NONE' ? '' : `${state} `;
  return `${formatIp(address)} ${device}${layer}${isRouter ? 'router ' : ''}${shown}`;
}

function toJson(
  { address, link, mac, state, isRouter }: Neighbour,
  isOfOne: boolean,
): Record<string, unknown> {
  return {
    dst: formatIp(address),
    ...(isOfOne ? {} : { dev: link.name }),
    ...(mac === undefined || !isValid(state) ? {} : { lladdr: formatMac(mac) }),
    ...(isRouter ? { router: null } : {}),
    state: [state],
  };
}
