import { formatIp } from '../netstack/ip-address.ts';
import { formatMac, type Mac } from '../netstack/mac.ts';
import type { Neighbour } from '../netstack/neigh/neighbour.ts';
import { type Command, success, UsageError } from './command.ts';
import { IpWords, requireAddress, requireLink, requireMac } from './ip-words.ts';

/** `ip neigh show|add|replace|del|flush`. */
export const ipNeighbour: Command = (args, _stdin, { ns }) => {
  const words = new IpWords(
    args,
    ['show', 'list', 'lst', 'add', 'replace', 'change', 'delete', 'flush'],
    'neigh',
  );
  if (words.verb === 'show' || words.verb === 'list' || words.verb === 'lst' || words.verb === 'flush') {
    const device = words.next() === 'dev' ? requireLink(ns, words.next()) : undefined;
    const neighbours = ns.neighbours
      .list()
      .filter(
        (each) => each.state !== 'NONE' && (!device || each.link === device) && words.shows(each.address),
      );
    if (words.verb !== 'flush') return show(neighbours, words.json);
    for (const each of neighbours)
      if (each.state !== 'PERMANENT') ns.neighbours.remove(each.link, each.address);
    return success();
  }
  const address = requireAddress(words.value('address'));
  let mac: Mac | undefined;
  let device: string | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'lladdr') mac = requireMac(words.value(word));
    else if (word === 'dev') device = words.value(word);
    else if (word === 'nud') words.value(word);
    else throw new UsageError(`Error: either "to" is duplicate, or "${word}" is a garbage.`, 255);
  }
  const link = requireLink(ns, device);
  if (words.verb === 'delete') ns.delNeighbour(link, address);
  else if (mac === undefined) throw new UsageError('RTNETLINK answers: Invalid argument', 2);
  else ns.addNeighbour(link, address, mac);
  return success();
};

function show(neighbours: Neighbour[], json: boolean) {
  if (json) return success(`${JSON.stringify(neighbours.map(toJson))}\n`);
  return success(neighbours.map((each) => `${formatNeighbour(each)}\n`).join(''));
}

function formatNeighbour({ address, link, mac, state }: Neighbour): string {
  const layer = mac === undefined ? '' : `lladdr ${formatMac(mac)} `;
  return `${formatIp(address)} dev ${link.name} ${layer}${state} `;
}

function toJson({ address, link, mac, state }: Neighbour): Record<string, unknown> {
  return {
    dst: formatIp(address),
    dev: link.name,
    ...(mac === undefined ? {} : { lladdr: formatMac(mac) }),
    state: [state],
  };
}
