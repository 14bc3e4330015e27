import { hash } from 'node:crypto';
import { formatCidr, type Prefix } from '../netstack/cidr.ts';
import { formatEndpoint, type IpVersion, isAny, isIpv6, parseIp, versionOf } from '../netstack/ip-address.ts';
import type { Iptables } from '../netstack/iptables/iptables.ts';
import type { Netns } from '../netstack/netns.ts';
import type { CniArguments, PortMapping } from './cni-plugin.ts';

/** The name of Flannel's network, of which chains are named too. */
const NETWORK = 'cbr0';
const LONGEST_CHAIN = 28;
/** What the multiport match takes. */
const PORTS_A_RULE = 15;
const MARK = '0x2000/0x2000';

/**
 * The reference `portmap` plugin: a container's host ports are ports of its node
 * (containernetworking/plugins plugins/meta/portmap/portmap_iptables.go).
 */
export class PortmapPlugin {
  readonly #host: Netns;
  /** The families in which a container has ports. */
  readonly #mapped = new Map<string, ReadonlySet<IpVersion>>();

  constructor(host: Netns) {
    this.#host = host;
  }

  /** `addresses` are the container's, with their subnets' prefix lengths. */
  add({ containerId, portMappings = [] }: CniArguments, addresses: readonly Prefix[]): void {
    if (portMappings.length === 0) return;
    const done = new Set<IpVersion>();
    this.#mapped.set(containerId, done);
    for (const address of addresses) {
      const version = versionOf(address.address);
      const mine = portMappings.filter((mapping) => suits(mapping, version));
      if (mine.length === 0) continue;
      const iptables = this.#iptables(version);
      // A packet from 127.0.0.1 may only leave by a device that lets it.
      if (version === 4) this.#host.sysctl.set('net.ipv4.conf.all.route_localnet', 1);
      restore(iptables, topLevelText(iptables) + containerText(containerId, address, mine));
      done.add(version);
    }
  }

  del(containerId: string): void {
    for (const version of this.#mapped.get(containerId) ?? []) {
      const iptables = this.#iptables(version);
      const chain = chainName(containerId);
      const entries = entryRules(iptables, chain).map((rule) => `-D CNI-HOSTPORT-DNAT ${rule}`);
      restore(iptables, ['*nat', `:${chain} - [0:0]`, ...entries, `-X ${chain}`, 'COMMIT', ''].join('\n'));
    }
    this.#mapped.delete(containerId);
  }

  #iptables(version: IpVersion): Iptables {
    return version === 6 ? this.#host.ip6tables : this.#host.iptables;
  }
}

/** A mapping with an address of its own is for that family. */
function suits({ hostIp }: PortMapping, version: IpVersion): boolean {
  const address = hostIp === '' ? undefined : parseIp(hostIp);
  return address === undefined || versionOf(address) === version;
}

function restore(iptables: Iptables, text: string): void {
  const result = iptables.restore(text, { noflush: true });
  if (!result.ok) throw new Error(`the rules of host ports were refused: ${result.error}`);
}

export function chainName(containerId: string): string {
  return `CNI-DN-${hash('sha512', NETWORK + containerId, 'hex')}`.slice(0, LONGEST_CHAIN);
}

/** The rules that lead to a container's chain. */
function entryRules(iptables: Iptables, chain: string): string[] {
  const rules = iptables.table('nat').chains.get('CNI-HOSTPORT-DNAT')?.rules ?? [];
  return rules.map(({ text }) => text).filter((text) => text.endsWith(`-j ${chain}`));
}

const LOCAL = '-m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT';

/** The chains that all containers share; empty once they are there. */
function topLevelText(iptables: Iptables): string {
  if (iptables.table('nat').chains.has('CNI-HOSTPORT-DNAT')) return '';
  return [
    '*nat',
    ':CNI-HOSTPORT-DNAT - [0:0]',
    ':CNI-HOSTPORT-SETMARK - [0:0]',
    ':CNI-HOSTPORT-MASQ - [0:0]',
    `-A PREROUTING ${LOCAL}`,
    `-A OUTPUT ${LOCAL}`,
    '-I POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
    `-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark ${MARK}`,
    `-A CNI-HOSTPORT-MASQ -m mark --mark ${MARK} -j MASQUERADE`,
    'COMMIT',
    '',
  ].join('\n');
}

/** Marks come before the translation: who is reached by way of itself, or by localhost, must be masqueraded. */
function containerText(containerId: string, address: Prefix, mappings: readonly PortMapping[]): string {
  const chain = chainName(containerId);
  const why = `-m comment --comment "dnat name: \\"${NETWORK}\\" id: \\"${containerId}\\""`;
  const protocols = [...new Set(mappings.map(({ protocol }) => protocol))].sort();
  const entries = protocols.flatMap((protocol) =>
    partition(mappings.filter((each) => each.protocol === protocol).map(({ hostPort }) => hostPort)).map(
      (ports) => `-p ${protocol} ${why} -m multiport --dports ${ports.join(',')}`,
    ),
  );
  const rules = mappings.flatMap((mapping) => mappingRules(mapping, address));
  return [
    '*nat',
    `:${chain} - [0:0]`,
    ...entries.map((entry) => `-A CNI-HOSTPORT-DNAT ${entry} -j ${chain}`),
    ...rules.map((rule) => `-A ${chain} ${rule}`),
    'COMMIT',
    '',
  ].join('\n');
}

function mappingRules({ protocol, hostIp, hostPort, containerPort }: PortMapping, address: Prefix): string[] {
  const given = hostIp === '' ? undefined : parseIp(hostIp);
  const to = given === undefined || isAny(given) ? '' : `-d ${hostIp} `;
  const base = `${to}-p ${protocol} -m ${protocol} --dport ${hostPort}`;
  const target = formatEndpoint({ address: address.address, port: containerPort });
  return [
    `-s ${formatCidr(address)} ${base} -j CNI-HOSTPORT-SETMARK`,
    ...(isIpv6(address.address) ? [] : [`-s 127.0.0.1/32 ${base} -j CNI-HOSTPORT-SETMARK`]),
    `${base} -j DNAT --to-destination ${target}`,
  ];
}

function partition(ports: readonly number[]): number[][] {
  const sorted = [...new Set(ports)].sort((a, b) => a - b);
  const parts: number[][] = [];
  for (let at = 0; at < sorted.length; at += PORTS_A_RULE) parts.push(sorted.slice(at, at + PORTS_A_RULE));
  return parts;
}
