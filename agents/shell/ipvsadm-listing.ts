import { maskOf } from '../netstack/cidr.ts';
import { bitsOf, formatEndpoint, formatIp, type IpAddress, isIpv6 } from '../netstack/ip-address.ts';
import type { IpvsConnection } from '../netstack/ipvs/ipvs-connection.ts';
import type { IpvsStats } from '../netstack/ipvs/ipvs-stats.ts';
import type { SchedulerName } from '../netstack/ipvs/scheduler.ts';
import { IPVS_TCP_STATES } from '../netstack/ipvs/tcp-states.ts';
import type { VirtualService } from '../netstack/ipvs/virtual-service.ts';
import { PROTO_SCTP, PROTO_TCP, PROTO_UDP, protocolName } from '../netstack/protocol-numbers.ts';

const LETTERS: Readonly<Record<number, string>> = {
  [PROTO_TCP]: '-t',
  [PROTO_UDP]: '-u',
  [PROTO_SCTP]: '--sctp-service',
};
const endpointText = (address: IpAddress, port: number): string => formatEndpoint({ address, port });

/** What `-M` was given; empty for the whole address. */
function netmaskText({ address, settings: { prefixLength } }: VirtualService): string {
  if (prefixLength === undefined || prefixLength === bitsOf(address)) return '';
  return isIpv6(address) ? String(prefixLength) : formatIp(maskOf(prefixLength));
}
const nameOf = (protocol: number): string => (protocolName(protocol) ?? '').toUpperCase();

/** The schedulers that hash call the flag by their own name (print_sched_flags). */
const portFlag = (scheduler: SchedulerName): string =>
  scheduler === 'sh' || scheduler === 'mh' ? `${scheduler}-port` : 'flag-2';

/** A service's commands, as `ipvsadm -S` prints them for `-R`. */
export function saveService(service: VirtualService): string {
  const { settings, protocol, address, port } = service;
  const head = `${LETTERS[protocol]} ${endpointText(address, port)}`;
  const persistent = settings.persistentSeconds > 0 ? ` -p ${settings.persistentSeconds}` : '';
  const mask = netmaskText(service);
  const netmask = mask === '' ? '' : ` -M ${mask}`;
  const flags = settings.hashesPorts ? ` -b ${portFlag(settings.scheduler)}` : '';
  const lines = [`-A ${head} -s ${settings.scheduler}${persistent}${netmask}${flags}`];
  for (const each of sortedByEndpoint(service.destinations)) {
    lines.push(`-a ${head} -r ${endpointText(each.address, each.port)} -m -w ${each.weight}`);
  }
  return `${lines.join('\n')}\n`;
}

interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
}

/** As ipvsadm sorts: by family, address and port. */
function byEndpoint(a: Endpoint, b: Endpoint): number {
  if (typeof a.address !== typeof b.address) return isIpv6(a.address) ? 1 : -1;
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.port - b.port;
}

const sortedByEndpoint = <T extends Endpoint>(all: readonly T[]): T[] => [...all].sort(byEndpoint);

/** ipvs_cmp_services: by family, protocol, address and port. */
export function sortedServices(services: readonly VirtualService[]): VirtualService[] {
  const family = ({ address }: VirtualService): number => (isIpv6(address) ? 1 : 0);
  return [...services].sort((a, b) => family(a) - family(b) || a.protocol - b.protocol || byEndpoint(a, b));
}

/** What is told of each service and destination. */
export interface ListOptions {
  readonly stats: boolean;
  /** Large numbers with all of their digits. */
  readonly exact: boolean;
  readonly sorted: boolean;
}

const VERSION_LINE = 'IP Virtual Server version 1.2.1 (size=4096)\n';
const STATS = ['Conns', 'InPkts', 'OutPkts', 'InBytes', 'OutBytes'];

/** As `ipvsadm -Ln`, or `-Ln --stats`. */
export function listServices(services: readonly VirtualService[], options: ListOptions): string {
  const title = options.stats
    ? `${'Prot LocalAddress:Port'.padEnd(33)} ${STATS.map((name) => name.padStart(8)).join(' ')}\n  -> RemoteAddress:Port\n`
    : 'Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n';
  const ordered = options.sorted ? sortedServices(services) : services;
  return VERSION_LINE + title + ordered.map((each) => listService(each, options)).join('');
}

function listService(service: VirtualService, options: ListOptions): string {
  const { protocol, address, port, stats } = service;
  const destinations = options.sorted ? sortedByEndpoint(service.destinations) : service.destinations;
  const name = `${nameOf(protocol)}  ${endpointText(address, port)}`;
  const head = options.stats
    ? name.padEnd(33) + statsText(stats, options.exact)
    : name + settingsText(service);
  const lines = destinations.map((each) => {
    const endpoint = `  -> ${endpointText(each.address, each.port).padEnd(28)}`;
    if (options.stats) return `${endpoint}${statsText(each.stats, options.exact)}\n`;
    const [weight, active, inactive] = [each.weight, each.active, each.inactive].map(String);
    return `${endpoint} Masq    ${weight!.padEnd(6)} ${active!.padEnd(10)} ${inactive!.padEnd(10)}\n`;
  });
  return `${head}\n${lines.join('')}`;
}

function settingsText(service: VirtualService): string {
  const { settings } = service;
  const mask = netmaskText(service);
  const flags = settings.hashesPorts ? ` (${portFlag(settings.scheduler)})` : '';
  const persistent = settings.persistentSeconds > 0 ? ` persistent ${settings.persistentSeconds}` : '';
  return ` ${settings.scheduler}${flags}${persistent}${mask === '' ? '' : ` mask ${mask}`}`;
}

function statsText({ connections, incoming, outgoing }: IpvsStats, exact: boolean): string {
  return [connections, incoming.packets, outgoing.packets, incoming.bytes, outgoing.bytes]
    .map((value) => (exact ? ` ${String(value).padStart(8)}` : largeNumber(value)))
    .join('');
}

const THOUSAND = 1000;
/** print_largenum: nine characters, with K, M, G or T for what is longer than eight digits. */
function largeNumber(value: number): string {
  let [rest, unit] = [value, ''];
  for (const each of ['K', 'M', 'G', 'T']) {
    if (String(rest).length + unit.length <= 8) break;
    [rest, unit] = [Math.floor(rest / THOUSAND), each];
  }
  return `${rest}${unit}`.padStart(9);
}

/** As `ipvsadm -Lnc`. */
export function listConnections(connections: readonly IpvsConnection[], now: number): string {
  const lines = connections.map((each) => {
    const { service, destination } = each;
    const seconds = Math.max(0, Math.floor((each.expiresAt - now) / 1000));
    const expire = `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
    const state = each.isTemplate
      ? 'NONE'
      : service.protocol === PROTO_TCP
        ? IPVS_TCP_STATES[each.state]!
        : 'UDP';
    const ends = [
      endpointText(each.clientAddress, each.clientPort),
      endpointText(service.address, service.port),
      endpointText(destination.address, destination.port),
    ];
    return `${nameOf(service.protocol).padEnd(3)} ${expire.padEnd(6)} ${state.padEnd(11)} ${ends[0]!.padEnd(18)} ${ends[1]!.padEnd(18)} ${ends[2]}\n`;
  });
  return [
    'IPVS connection entries\n',
    'pro expire state       source             virtual            destination\n',
    ...lines,
  ].join('');
}
