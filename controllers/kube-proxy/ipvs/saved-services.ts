import { familyOf, type IpFamily, rangeHolds } from '../ip-family.ts';

/** What a node's IPVS has, of one family and without what is others'. */
export interface SavedServices {
  /** `-t IP:PORT` → its options. */
  readonly services: ReadonlyMap<string, string>;
  /** `-t IP:PORT` → its real servers. */
  readonly servers: ReadonlyMap<string, readonly string[]>;
  /** Real servers that take no new connections: `-t IP:PORT IP:PORT`. */
  readonly quiescent: readonly string[];
}

/** Reads `ipvsadm -S -n`; virtual services in the networks `excluded` are left out. */
export function readSavedServices(
  text: string,
  family: IpFamily,
  excluded: readonly string[],
): SavedServices {
  const services = new Map<string, string>();
  const servers = new Map<string, string[]>();
  const quiescent: string[] = [];
  for (const line of text.split('\n')) {
    const [, action, kind, address = '', rest = ''] = /^-([Aa]) (\S+) (\S+) (.*?)\s*$/.exec(line) ?? [];
    const ip = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    if (familyOf(ip) !== family || excluded.some((range) => rangeHolds(range, ip))) continue;
    const name = `${kind} ${address}`;
    if (action === 'A') services.set(name, rest);
    const [, server, weight] = /^-r (\S+) -m -w (\d+)/.exec(rest) ?? [];
    if (action !== 'a' || server === undefined) continue;
    if (weight === '0') quiescent.push(`${name} ${server}`);
    else servers.set(name, [...(servers.get(name) ?? []), server]);
  }
  return { services, servers, quiescent };
}
