import { familyOf } from '../ip-family.ts';
import type { ServiceObjects } from './service-objects.ts';

export type NodeObjects = ReadonlyMap<string, ServiceObjects>;

/** Texts for the commands that bring a node from one state to another; empty where nothing changes. */
export interface Changes {
  /** `ip -batch`, before and after the rest. */
  readonly newAddresses: string;
  readonly oldAddresses: string;
  /** `ipset restore`. */
  readonly entries: string;
  /** `ipvsadm -R`. */
  readonly services: string;
  /** Real servers that take no new connections from now on: `-t IP:PORT IP:PORT`, to be taken out later. */
  readonly quiescent: readonly string[];
}

const DEVICE = 'kube-ipvs0';

const prefix = (ip: string): string => `${ip}/${familyOf(ip).bits}`;

/** Only TCP tells when a connection ends: servers of the others go at once (IsRsGracefulTerminationNeeded). */
const lingers = (service: string): boolean => service.startsWith('-t ');

export function changesBetween(before: NodeObjects, after: NodeObjects): Changes {
  const [gone, come] = [notIn(before, after), notIn(after, before)];
  const [old, wanted] = [unionOf(gone), unionOf(come)];
  const addresses = differ(old.addresses, wanted.addresses);
  const entries = differ(old.entries, wanted.entries);
  const kept = keptByOthers(before, after, addresses, entries);
  const free = (list: readonly string[]): string[] => list.filter((each) => !kept.has(each));
  const quiescent: string[] = [];
  return {
    newAddresses: lines(free(addresses.come), (ip) => `addr add ${prefix(ip)} dev ${DEVICE}`),
    oldAddresses: lines(free(addresses.gone), (ip) => `addr del ${prefix(ip)} dev ${DEVICE}`),
    entries:
      lines(free(entries.gone), (entry) => `del ${entry} -exist`) +
      lines(free(entries.come), (entry) => `add ${entry} -exist`),
    services: servicesText(old, wanted, quiescent),
    quiescent,
  };
}

/** The ports of which `others` has none of the same version. */
function notIn(some: NodeObjects, others: NodeObjects): ServiceObjects[] {
  const found: ServiceObjects[] = [];
  for (const [key, objects] of some) if (others.get(key) !== objects) found.push(objects);
  return found;
}

interface Union {
  readonly addresses: ReadonlySet<string>;
  readonly entries: ReadonlySet<string>;
  readonly services: ReadonlyMap<string, string>;
  readonly servers: ReadonlyMap<string, readonly string[]>;
}

function unionOf(ports: readonly ServiceObjects[]): Union {
  const addresses = new Set<string>();
  const entries = new Set<string>();
  const services = new Map<string, string>();
  const servers = new Map<string, readonly string[]>();
  for (const objects of ports) {
    for (const address of objects.addresses) addresses.add(address);
    for (const entry of objects.entries) entries.add(entry);
    for (const [name, options] of objects.services) services.set(name, options);
    for (const [name, list] of objects.servers) servers.set(name, list);
  }
  return { addresses, entries, services, servers };
}

interface Difference {
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

function differ(old: ReadonlySet<string>, wanted: ReadonlySet<string>): Difference {
  return { gone: missing(old, wanted), come: missing(wanted, old) };
}

/** Ports of one Service share its addresses: those that a port has which is the same before and after stay. */
function keptByOthers(
  before: NodeObjects,
  after: NodeObjects,
  ...differences: readonly Difference[]
): ReadonlySet<string> {
  const moved = new Set(differences.flatMap(({ gone, come }) => [...gone, ...come]));
  const kept = new Set<string>();
  if (moved.size === 0) return kept;
  for (const [key, objects] of after) {
    if (before.get(key) !== objects) continue;
    for (const address of objects.addresses) if (moved.has(address)) kept.add(address);
    for (const entry of objects.entries) if (moved.has(entry)) kept.add(entry);
  }
  return kept;
}

function servicesText(old: Union, wanted: Union, quiescent: string[]): string {
  let text = '';
  for (const name of missing(old.services.keys(), wanted.services)) text += `-D ${name}\n`;
  for (const [name, options] of wanted.services) {
    const known = old.services.get(name);
    if (known === undefined) text += `-A ${name} ${options}\n`;
    else if (known !== options) text += `-E ${name} ${options}\n`;
    const present = new Set(known === undefined ? [] : old.servers.get(name));
    const list = new Set(wanted.servers.get(name));
    for (const server of missing(list, present)) text += `-a ${name} -r ${server} -m -w 1\n`;
    for (const server of missing(present, list)) {
      text += lingers(name) ? `-e ${name} -r ${server} -m -w 0\n` : `-d ${name} -r ${server}\n`;
      if (lingers(name)) quiescent.push(`${name} ${server}`);
    }
  }
  return text;
}

function missing(of: Iterable<string>, within: { has(key: string): boolean }): string[] {
  return [...of].filter((each) => !within.has(each));
}

function lines(list: readonly string[], line: (each: string) => string): string {
  return list.map((each) => `${line(each)}\n`).join('');
}
