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
  /** All rules of KUBE-IPVS-OUT-FILTER, if they are others than before. */
  readonly outFilter: readonly string[] | undefined;
}

const DEVICE = 'kube-ipvs0';

const prefix = (ip: string): string => `${ip}/${familyOf(ip).bits}`;

/** UDP knows no end of a connection: its servers go at once. */
const lingers = (service: string): boolean => !service.startsWith('-u');

export function changesBetween(before: NodeObjects, after: NodeObjects): Changes {
  const [old, wanted] = [unionOf(before, after), unionOf(after, before)];
  const quiescent: string[] = [];
  return {
    newAddresses: lines(
      missing(wanted.addresses, old.addresses),
      (ip) => `addr add ${prefix(ip)} dev ${DEVICE}`,
    ),
    oldAddresses: lines(
      missing(old.addresses, wanted.addresses),
      (ip) => `addr del ${prefix(ip)} dev ${DEVICE}`,
    ),
    entries:
      lines(missing(old.entries, wanted.entries), (entry) => `del ${entry} -exist`) +
      lines(missing(wanted.entries, old.entries), (entry) => `add ${entry} -exist`),
    services: servicesText(old, wanted, quiescent),
    quiescent,
    outFilter: outFilterBetween(before, after),
  };
}

function outFilterBetween(before: NodeObjects, after: NodeObjects): readonly string[] | undefined {
  const rulesOf = (objects: NodeObjects) => [...objects.values()].flatMap(({ outFilter }) => outFilter);
  const [old, wanted] = [rulesOf(before), rulesOf(after)];
  return old.join() === wanted.join() ? undefined : wanted;
}

/** Addresses are shared between ports. */
const IPVS_IPS = /^KUBE-(6-)?IPVS-IPS /;

interface Union {
  readonly addresses: ReadonlySet<string>;
  readonly entries: ReadonlySet<string>;
  readonly services: ReadonlyMap<string, string>;
  readonly servers: ReadonlyMap<string, readonly string[]>;
}

/** What the ports that differ have together. Addresses are shared between ports, so all ports' count. */
function unionOf(some: NodeObjects, others: NodeObjects): Union {
  const addresses = new Set<string>();
  const entries = new Set<string>();
  const services = new Map<string, string>();
  const servers = new Map<string, readonly string[]>();
  for (const [key, objects] of some) {
    for (const address of objects.addresses) addresses.add(address);
    if (others.get(key) === objects) continue;
    for (const entry of objects.entries) entries.add(entry);
    for (const [name, options] of objects.services) services.set(name, options);
    for (const [name, list] of objects.servers) servers.set(name, list);
  }
  for (const [key, objects] of some) {
    if (others.get(key) !== objects) continue;
    for (const entry of objects.entries) if (IPVS_IPS.test(entry)) entries.add(entry);
  }
  return { addresses, entries, services, servers };
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
