import { prefixLengthOf } from '../netstack/cidr.ts';
import type { IpAddress } from '../netstack/ip-address.ts';
import { parseIpv4 } from '../netstack/ipv4.ts';
import { parseIpv6 } from '../netstack/ipv6.ts';
import type { Ipvs } from '../netstack/ipvs/ipvs.ts';
import { IpvsError } from '../netstack/ipvs/ipvs-error.ts';
import { isScheduler, type SchedulerName } from '../netstack/ipvs/scheduler.ts';
import type { ServiceKey, ServiceSettings, VirtualService } from '../netstack/ipvs/virtual-service.ts';
import { PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../netstack/protocol-numbers.ts';
import { type Command, type CommandResult, failure, success } from './command.ts';
import { listConnections, listServices, saveService, sortedServices } from './ipvsadm-listing.ts';

const VERSION = 'ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)';
/** What a failed ipvsadm leaves with: -1. */
const FAILED = 255;

const LONG: Readonly<Record<string, string>> = {
  '--add-service': '-A',
  '--edit-service': '-E',
  '--delete-service': '-D',
  '--clear': '-C',
  '--restore': '-R',
  '--save': '-S',
  '--add-server': '-a',
  '--edit-server': '-e',
  '--delete-server': '-d',
  '--list': '-L',
  '-l': '-L',
  '--zero': '-Z',
  '--tcp-service': '-t',
  '--udp-service': '-u',
  '--scheduler': '-s',
  '--persistent': '-p',
  '--netmask': '-M',
  '--real-server': '-r',
  '--masquerading': '-m',
  '--gatewaying': '-g',
  '--ipip': '-i',
  '--weight': '-w',
  '--numeric': '-n',
  '--connection': '-c',
  '--sched-flags': '-b',
};

const shortOf = (word: string): string => (Object.hasOwn(LONG, word) ? LONG[word]! : word);

const PROTOCOLS: Readonly<Record<string, number>> = {
  '-t': PROTO_TCP,
  '-u': PROTO_UDP,
  '--sctp-service': PROTO_SCTP,
};

/** `ipvsadm -A|-E|-D|-a|-e|-d|-L|-S|-R|-C|-Z`, with services by address and destinations by translation (`-m`). */
export const ipvsadm: Command = (args, stdin, { ns }) => {
  if (args.includes('--version') || args.includes('-v')) return success(`${VERSION}\n`);
  if (args.some((arg) => arg === '-R' || arg === '--restore')) return restore(ns.ipvs, stdin);
  try {
    return run(ns.ipvs, ns.clock.now(), args);
  } catch (error) {
    if (!(error instanceof IpvsError)) throw error;
    return failure(FAILED, `${error.message}\n`);
  }
};

/** Every line is tried; the exit code is that of the last that failed. */
function restore(ipvs: Ipvs, text: string): CommandResult {
  let stderr = '';
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    try {
      run(ipvs, 0, line.trim().split(/\s+/));
    } catch (error) {
      if (!(error instanceof IpvsError)) throw error;
      stderr += `${error.message}\n`;
    }
  }
  return stderr === '' ? success() : failure(FAILED, stderr);
}

interface Options {
  command: string;
  protocol: number;
  service: string;
  server: string;
  scheduler: SchedulerName;
  persistentSeconds: number;
  prefixLength: number | undefined;
  weight: number;
  hashesPorts: boolean;
  connections: boolean;
  timeouts: boolean;
  stats: boolean;
  exact: boolean;
  sorted: boolean;
}

function run(ipvs: Ipvs, now: number, args: readonly string[]): CommandResult {
  if (args[0] === '--set') return setTimeouts(ipvs, args.slice(1));
  const options = parse(args);
  switch (options.command) {
    case '-A':
      ipvs.addService(serviceKey(options), settings(options));
      return success();
    case '-E':
      ipvs.editService(serviceKey(options), settings(options));
      return success();
    case '-D':
      ipvs.deleteService(serviceKey(options));
      return success();
    case '-a':
      ipvs.addDestination(serviceKey(options), ...serverOf(options), options.weight);
      return success();
    case '-e':
      ipvs.editDestination(serviceKey(options), ...serverOf(options), options.weight);
      return success();
    case '-d':
      ipvs.deleteDestination(serviceKey(options), ...serverOf(options));
      return success();
    case '-C':
      ipvs.clear();
      return success();
    case '-Z':
      return zero(servicesOf(ipvs, options));
    case '-S':
      return success(sortedServices(ipvs.services()).map(saveService).join(''));
    default:
      return list(ipvs, now, options);
  }
}

const COMMANDS = ['-A', '-E', '-D', '-C', '-S', '-a', '-e', '-d', '-L', '-Z'];

function parse(args: readonly string[]): Options {
  const options: Options = {
    command: '-L',
    protocol: PROTO_TCP,
    service: '',
    server: '',
    scheduler: 'wlc',
    persistentSeconds: 0,
    prefixLength: undefined,
    weight: 1,
    hashesPorts: false,
    connections: false,
    timeouts: false,
    stats: false,
    exact: false,
    sorted: true,
  };
  const words = args.flatMap((arg) => (/^-[A-Za-z]{2,}$/.test(arg) ? split(arg) : [shortOf(arg)]));
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const value = (): string => {
      const text = words[++i];
      if (text === undefined) throw new IpvsError(`ipvsadm: ${word} needs an argument`);
      return text;
    };
    if (COMMANDS.includes(word)) options.command = word;
    else if (Object.hasOwn(PROTOCOLS, word)) {
      options.protocol = PROTOCOLS[word]!;
      options.service = value();
    } else if (word === '-r') options.server = value();
    else if (word === '-s') options.scheduler = parseScheduler(value());
    else if (word === '-p') {
      const next = words[i + 1];
      options.persistentSeconds =
        next !== undefined && /^\d+$/.test(next) ? parseCount(value(), 2678400) : 360;
    } else if (word === '-M') options.prefixLength = parseMask(value());
    else if (word === '-w') options.weight = parseCount(value(), 65535);
    else if (word === '-b') options.hashesPorts = /(sh|mh)-port|flag-2/.test(value());
    else if (word === '-c') options.connections = true;
    else if (word === '--timeout') options.timeouts = true;
    else if (word === '--stats') options.stats = true;
    else if (word === '--exact') options.exact = true;
    else if (word === '--nosort') options.sorted = false;
    else if (word === '-g' || word === '-i') {
      throw new IpvsError('Operation not supported: only masquerading (-m) is simulated');
    } else if (word !== '-m' && word !== '-n' && !/^--(rate|sort)$/.test(word)) {
      throw new IpvsError(`ipvsadm: unknown option ${word}`);
    }
  }
  return options;
}

/** `-Ln` is `-L -n`. */
function split(arg: string): string[] {
  return [...arg.slice(1)].map((letter) => shortOf(`-${letter}`));
}

function parseScheduler(name: string): SchedulerName {
  if (!isScheduler(name)) throw new IpvsError(`Scheduler or persistence engine not found`);
  return name;
}

function parseCount(text: string, most: number): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) > most) throw new IpvsError(`illegal value specified: ${text}`);
  return Number(text);
}

function parseMask(text: string): number {
  const mask = parseIpv4(text);
  const length = mask === undefined ? undefined : prefixLengthOf(mask);
  if (length !== undefined) return length;
  // Of IPv6 services it is a prefix length.
  if (/^\d{1,3}$/.test(text) && Number(text) > 0 && Number(text) <= 128) return Number(text);
  throw new IpvsError('invalid netmask specified');
}

/** `10.96.0.1:80` or `[fd00::1]:80`. */
function parseEndpoint(text: string): [IpAddress, number] | undefined {
  const [, host = '', port = ''] = /^\[(.*)\]:(\d*)$/.exec(text) ?? [text, ...text.split(':')];
  const address = text.startsWith('[') ? parseIpv6(host) : parseIpv4(host);
  if (address === undefined || !/^\d{1,5}$/.test(port) || Number(port) > 65535) return undefined;
  return [address, Number(port)];
}

function serviceKey({ protocol, service }: Options): ServiceKey {
  const endpoint = parseEndpoint(service);
  if (!endpoint) throw new IpvsError(`illegal virtual server address[:port] specified`);
  return { protocol, address: endpoint[0], port: endpoint[1] };
}

function serverOf({ server }: Options): [IpAddress, number] {
  const endpoint = parseEndpoint(server);
  if (!endpoint) throw new IpvsError('illegal real server address[:port] specified');
  return endpoint;
}

function settings({ scheduler, persistentSeconds, prefixLength, hashesPorts }: Options): ServiceSettings {
  return {
    scheduler,
    persistentSeconds,
    hashesPorts,
    ...(prefixLength === undefined ? {} : { prefixLength }),
  };
}

function setTimeouts(ipvs: Ipvs, args: readonly string[]): CommandResult {
  const [tcp = 0, tcpFin = 0, udp = 0] = args.map((arg) => parseCount(arg, 2678400));
  const { timeouts } = ipvs;
  ipvs.timeouts = {
    tcp: tcp || timeouts.tcp,
    tcpFin: tcpFin || timeouts.tcpFin,
    udp: udp || timeouts.udp,
  };
  return success();
}

function list(ipvs: Ipvs, now: number, options: Options): CommandResult {
  if (options.timeouts) {
    const { tcp, tcpFin, udp } = ipvs.timeouts;
    return success(`Timeout (tcp tcpfin udp): ${tcp} ${tcpFin} ${udp}\n`);
  }
  const connections = ipvs.connections();
  if (options.connections) return success(listConnections(connections, now));
  return success(listServices(servicesOf(ipvs, options), options));
}

/** The one that is named, or all. */
function servicesOf(ipvs: Ipvs, options: Options): readonly VirtualService[] {
  return options.service === '' ? ipvs.services() : [required(ipvs, options)];
}

function zero(services: readonly VirtualService[]): CommandResult {
  for (const { stats, destinations } of services) {
    stats.clear();
    for (const each of destinations) each.stats.clear();
  }
  return success();
}

function required(ipvs: Ipvs, options: Options): VirtualService {
  const { protocol, address, port } = serviceKey(options);
  const service = ipvs.service(protocol, address, port);
  if (!service) throw new IpvsError('No such service');
  return service;
}
