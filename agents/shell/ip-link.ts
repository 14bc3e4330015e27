import { Bridge, setMaster } from '../netstack/link/bridge.ts';
import { createDummy } from '../netstack/link/dummy.ts';
import type { Link } from '../netstack/link/link.ts';
import { VethLink } from '../netstack/link/veth.ts';
import { formatMac } from '../netstack/mac.ts';
import type { Netns } from '../netstack/netns.ts';
import { type Command, success, UsageError } from './command.ts';
import { IpWords, requireLink } from './ip-words.ts';

/** `ip link show|set|add|del`. */
export const ipLink: Command = (args, _stdin, { ns }) => {
  const words = new IpWords(args, ['show', 'list', 'lst', 'set', 'delete', 'add'], 'link');
  if (words.verb === 'add') return addLink(words, ns);
  if (words.verb === 'set') return setLink(words, ns.link.bind(ns));
  if (words.verb === 'delete') {
    const first = words.next();
    requireLink(ns, first === 'dev' ? words.next() : first).delete();
    return success();
  }
  const only = selectedLink(words);
  const links = only === undefined ? ns.links() : [requireLink(ns, only)];
  if (words.json) return success(`${JSON.stringify(links.map(linkToJson))}\n`);
  return success(links.map((link) => `${linkHeading(link)}\n${linkLayer(link)}\n`).join(''));
};

/** `show [dev] NAME`. */
export function selectedLink(words: IpWords): string | undefined {
  const first = words.next();
  return first === 'dev' ? words.next() : first;
}

/** `add [dev] NAME type dummy`: the one kind that nothing else has to make. */
function addLink(words: IpWords, ns: Netns) {
  const first = words.next();
  const name = (first === 'dev' || first === 'name' ? words.next() : first) ?? '';
  if (words.next() !== 'type' || words.next() !== 'dummy')
    throw new UsageError('RTNETLINK answers: Operation not supported', 2);
  createDummy(ns, name);
  return success();
}

function setLink(words: IpWords, find: (name: string) => Link | undefined) {
  const first = words.next();
  const name = (first === 'dev' ? words.next() : first) ?? '';
  const link = find(name);
  if (!link) throw new UsageError(`Cannot find device "${name}"`, 1);
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'up') link.setUp();
    else if (word === 'down') link.setDown();
    else if (word === 'mtu') link.mtu = Number(words.value(word));
    else if (word === 'nomaster') setMaster(link, undefined);
    else if (word === 'master') {
      const master = find(words.value(word));
      if (!(master instanceof Bridge)) throw new UsageError('RTNETLINK answers: Operation not supported', 2);
      setMaster(link, master);
    } else throw new UsageError(`Error: either "dev" is duplicate, or "${word}" is a garbage.`, 255);
  }
  return success();
}

/** The first line of a device in `ip link` and `ip addr`. */
export function linkHeading(link: Link): string {
  const master = link.master ? ` master ${link.master.name}` : '';
  return `${link.ifindex}: ${displayName(link)}: <${linkFlags(link).join(',')}> mtu ${link.mtu} qdisc ${qdisc(link)}${master} state ${operState(link)} mode DEFAULT group default qlen 1000`;
}

export function linkLayer(link: Link): string {
  const type = link.kind === 'loopback' ? 'loopback' : 'ether';
  const broadcast = link.kind === 'loopback' ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff';
  return `    link/${type} ${formatMac(link.mac)} brd ${broadcast}${peerNetns(link)}`;
}

export function linkToJson(link: Link): Record<string, unknown> {
  return {
    ifindex: link.ifindex,
    ifname: link.name,
    flags: linkFlags(link),
    mtu: link.mtu,
    qdisc: qdisc(link),
    ...(link.master ? { master: link.master.name } : {}),
    operstate: operState(link),
    group: 'default',
    txqlen: 1000,
    link_type: link.kind === 'loopback' ? 'loopback' : 'ether',
    address: formatMac(link.mac),
  };
}

/** `eth0@if5` for the end of a veth, `@NONE` never: a peer always exists. */
export function displayName(link: Link): string {
  const peer = link instanceof VethLink ? link.peer : undefined;
  if (!peer) return link.name;
  return `${link.name}@${peer.ns === link.ns ? peer.name : `if${peer.ifindex}`}`;
}

function peerNetns(link: Link): string {
  const peer = link instanceof VethLink ? link.peer : undefined;
  return peer && peer.ns !== link.ns ? ` link-netns ${peer.ns.name}` : '';
}

export function linkFlags(link: Link): string[] {
  const flags =
    link.kind === 'loopback' ? ['LOOPBACK'] : ['BROADCAST', ...(link.noArp ? ['NOARP'] : ['MULTICAST'])];
  if (link.up && !hasCarrier(link)) flags.unshift('NO-CARRIER');
  if (link.up) flags.push('UP');
  if (link.up && hasCarrier(link)) flags.push('LOWER_UP');
  return flags;
}

function hasCarrier(link: Link): boolean {
  if (link instanceof Bridge) return link.ports().some((port) => port.link.carrier);
  return link.carrier;
}

export function operState(link: Link): string {
  if (!link.up) return 'DOWN';
  if (link.kind === 'loopback' || link.kind === 'vxlan' || link.kind === 'dummy') return 'UNKNOWN';
  if (hasCarrier(link)) return 'UP';
  return link.kind === 'veth' ? 'LOWERLAYERDOWN' : 'DOWN';
}

function qdisc(link: Link): string {
  if (!link.up && link.kind !== 'loopback') return 'noop';
  return link.kind === 'ether' ? 'fq_codel' : 'noqueue';
}
