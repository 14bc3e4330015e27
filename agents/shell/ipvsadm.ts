import { formatIpv4, type Ipv4, parseIpv4 } from '../netstack/ipv4.ts';
import { isScheduler } from '../netstack/ipvs/schedulers.ts';
import {
  PROTOCOL_FLAGS,
  type RealServer,
  type ServiceKey,
  type VirtualService,
} from '../netstack/ipvs/virtual-service.ts';
import type { Netns } from '../netstack/netns.ts';
import { protocolName } from '../netstack/protocol-numbers.ts';
import { type Command, success, UsageError } from './command.ts';

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
  '--tcp-service': '-t',
  '--udp-service': '-u',
  '--real-server': '-r',
  '--scheduler': '-s',
  '--persistent': '-p',
  '--weight': '-w',
  '--masquerading': '-m',
  '--numeric': '-n',
};
const DEFAULT_PERSISTENCE = 300;

/** `ipvsadm -A|-E|-D|-a|-e|-d|-C|-L|-S`, and `-R` from standard input; servers are masqueraded (`-m`). */
export const ipvsadm: Command = (args, stdin, { ns }) => {
  const words = args.flatMap(expand);
  if (!words.includes('-R')) return success(run(ns, words));
  for (const line of stdin.split('\n')) {
    const commands = line.trim().split(/\s+/).flatMap(expand);
    if (commands[0]) run(ns, commands);
  }
  return success();
};

/** `-Ln` is `-L -n`. */
function expand(word: string): string[] {
  const short = LONG[word] ?? word;
  return /^-[A-Za-z]{2,}$/.test(short)
    ? [...short.slice(1)].map((letter) => LONG[`-${letter}`] ?? `-${letter}`)
    : [short];
}

function run(ns: Netns, words: readonly string[]): string {
  const command = words.find((word) => /^-[AEDCSLaed]$/.test(word));
  switch (command) {
    case '-A':
      return addService(ns, words);
    case '-E':
      return changed(ns, configure(existing(ns, words), words));
    case '-D':
      ns.ipvs.remove(existing(ns, words));
      return '';
    case '-C':
      ns.ipvs.clear();
      return '';
    case '-a':
      return addServer(ns, existing(ns, words), words);
    case '-e': {
      requireServer(existing(ns, words), words).weight = weightOf(words) ?? 1;
      return changed(ns);
    }
    case '-d': {
      const service = existing(ns, words);
      service.remove(requireServer(service, words));
      return changed(ns);
    }
    case '-S':
      return ns.ipvs.services().map(saved).join('');
    default:
      return listed(
        words.some((word) => word in PROTOCOL_FLAGS) ? [existing(ns, words)] : ns.ipvs.services(),
      );
  }
}

function changed(ns: Netns, _what?: unknown): string {
  ns.ipvs.changed();
  return '';
}

function addService(ns: Netns, words: readonly string[]): string {
  const key = serviceKey(words);
  if (ns.ipvs.get(key)) throw new UsageError('Service already exists', 255);
  const service = ns.ipvs.add(key, 'wlc');
  if (!service) throw new UsageError('Memory allocation problem', 255);
  try {
    configure(service, words);
  } catch (error) {
    ns.ipvs.remove(service);
    throw error;
  }
  return '';
}

function configure(service: VirtualService, words: readonly string[]): void {
  const scheduler = after(words, '-s') ?? 'wlc';
  if (!isScheduler(scheduler))
    throw new UsageError(`Scheduler or persistence engine not found: ${scheduler}`, 255);
  service.scheduler = scheduler;
  const persistence = after(words, '-p');
  const isPersistent = words.includes('-p');
  service.persistentSeconds = isPersistent
    ? /^\d+$/.test(persistence ?? '')
      ? Number(persistence)
      : DEFAULT_PERSISTENCE
    : 0;
}

function addServer(ns: Netns, service: VirtualService, words: readonly string[]): string {
  const { address, port } = endpoint(after(words, '-r') ?? '', service.key.port);
  if (service.find(address, port)) throw new UsageError('Destination already exists', 255);
  const server: RealServer = { address, port, weight: weightOf(words) ?? 1, connections: 0, present: true };
  service.servers.push(server);
  return changed(ns);
}

function weightOf(words: readonly string[]): number | undefined {
  const text = after(words, '-w');
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new UsageError('illegal weight specified', 255);
  return Number(text);
}

function existing(ns: Netns, words: readonly string[]): VirtualService {
  const service = ns.ipvs.get(serviceKey(words));
  if (!service) throw new UsageError('No such service', 255);
  return service;
}

function requireServer(service: VirtualService, words: readonly string[]): RealServer {
  const { address, port } = endpoint(after(words, '-r') ?? '', service.key.port);
  const server = service.find(address, port);
  if (!server) throw new UsageError('No such destination', 255);
  return server;
}

function serviceKey(words: readonly string[]): ServiceKey {
  const flag = words.find((word) => Object.hasOwn(PROTOCOL_FLAGS, word));
  if (flag === undefined) throw new UsageError("You need to supply the 'service-address' option", 2);
  return { protocol: PROTOCOL_FLAGS[flag]!, ...endpoint(after(words, flag) ?? '', undefined) };
}

function endpoint(text: string, defaultPort: number | undefined): { address: Ipv4; port: number } {
  const [host = '', portText] = text.split(':');
  const address = parseIpv4(host);
  const port =
    portText === undefined ? defaultPort : /^\d{1,5}$/.test(portText) ? Number(portText) : undefined;
  if (address === undefined || port === undefined || port > 65_535)
    throw new UsageError(`illegal address/port: ${text}`, 2);
  return { address, port };
}

function after(words: readonly string[], flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at < 0 ? undefined : words[at + 1];
}

const flagOf = ({ protocol }: ServiceKey): string =>
  Object.entries(PROTOCOL_FLAGS).find(([, number]) => number === protocol)![0];

/** As `ipvsadm -S -n` prints, and `-R` takes. */
function saved(service: VirtualService): string {
  const { key, scheduler, persistentSeconds, servers } = service;
  const name = `${flagOf(key)} ${formatIpv4(key.address)}:${key.port}`;
  const persistence = persistentSeconds > 0 ? ` -p ${persistentSeconds}` : '';
  return [
    `-A ${name} -s ${scheduler}${persistence}\n`,
    ...servers.map(
      ({ address, port, weight }) => `-a ${name} -r ${formatIpv4(address)}:${port} -m -w ${weight}\n`,
    ),
  ].join('');
}

/** `ipvsadm -L -n`. Connections that conntrack has count as active. */
function listed(services: readonly VirtualService[]): string {
  const lines = services.flatMap(({ key, scheduler, persistentSeconds, servers }) => {
    const protocol = (protocolName(key.protocol) ?? '').toUpperCase().padEnd(4);
    const persistence = persistentSeconds > 0 ? ` persistent ${persistentSeconds}` : '';
    return [
      `${protocol} ${formatIpv4(key.address)}:${key.port} ${scheduler}${persistence}`,
      ...servers.map(({ address, port, weight, connections }) => {
        const name = `${formatIpv4(address)}:${port}`.padEnd(28);
        return `  -> ${name} Masq    ${String(weight).padEnd(6)} ${String(connections).padEnd(10)} 0         `;
      }),
    ];
  });
  return [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
    ...lines,
  ]
    .map((line) => `${line}\n`)
    .join('');
}
