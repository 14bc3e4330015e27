import { formatIp } from '../netstack/ip-address.ts';
import { Bridge, type BridgePort, type PortSettings } from '../netstack/link/bridge.ts';
import type { FdbKind } from '../netstack/link/bridge-fdb.ts';
import type { Link } from '../netstack/link/link.ts';
import { VxlanLink } from '../netstack/link/vxlan.ts';
import { formatMac, type Mac, parseMac } from '../netstack/mac.ts';
import { NetError } from '../netstack/net-error.ts';
import type { Netns } from '../netstack/netns.ts';
import { type Command, success, UsageError } from './command.ts';
import { displayName, linkFlags } from './ip-link.ts';
import { requireAddress } from './ip-words.ts';

/** `bridge [-d] fdb|link …` of iproute2. */
export const bridge: Command = (args, _stdin, { ns }) => {
  const details = args.includes('-d') || args.includes('-details');
  const [object = '', verb = 'show', ...words] = args.filter((arg) => !arg.startsWith('-'));
  if (object !== '' && 'fdb'.startsWith(object)) return success(refusing(() => fdb(ns, verb, words)));
  if (object !== '' && 'link'.startsWith(object)) return success(link(ns, verb, words, details));
  throw new UsageError(`Object "${object}" is unknown, try "bridge help".`, 255);
};

/** What the kernel refuses, this program leaves with another code than ip. */
function refusing(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    throw new UsageError(`RTNETLINK answers: ${error.message.replace(/^\w+: /, '')}`, 255);
  }
}

function after(words: readonly string[], key: string): string | undefined {
  const at = words.indexOf(key);
  return at < 0 ? undefined : words[at + 1];
}

function fdb(ns: Netns, verb: string, words: readonly string[]): string {
  if (!'show'.startsWith(verb) && verb !== 'list' && verb !== 'lst') {
    changeFdb(ns, verb, words);
    return '';
  }
  const device = after(words, 'dev') ?? after(words, 'brport');
  const master = after(words, 'br') ?? after(words, 'master');
  return fdbLines(ns, device !== undefined)
    .filter((line) => (!device || line.device === device) && (!master || line.master === master))
    .map(({ text }) => `${text}\n`)
    .join('');
}

interface FdbChange {
  readonly device: Link;
  readonly mac: Mac;
  readonly verb: string;
  readonly words: readonly string[];
}

const VALUED = ['dev', 'dst', 'vlan', 'vni', 'port', 'via'];

function changeFdb(ns: Netns, verb: string, words: readonly string[]): void {
  const name = after(words, 'dev');
  const address = words.find((word, i) => !VALUED.includes(words[i - 1] ?? '') && !isKeyword(word));
  if (name === undefined || address === undefined)
    throw new UsageError('Device and address are required arguments.', 255);
  const mac = parseMac(address);
  if (mac === undefined) throw new UsageError(`Invalid mac address ${address}`, 255);
  const device = ns.link(name);
  if (device === undefined) throw new UsageError(`Cannot find device "${name}"`, 255);
  const change = { device, mac, verb, words };
  if (device instanceof VxlanLink) return changeVxlan(device, change);
  changeBridge(device, change);
}

const KEYWORDS = [
  ...VALUED,
  'self',
  'master',
  'local',
  'permanent',
  'static',
  'dynamic',
  'temp',
  'to',
  'router',
];
const isKeyword = (word: string): boolean => KEYWORDS.includes(word);

function changeVxlan(device: VxlanLink, { mac, verb, words }: FdbChange): void {
  const remote = after(words, 'dst');
  const address = remote === undefined ? undefined : requireAddress(remote);
  if ('delete'.startsWith(verb)) return device.fdbDelete(mac, address);
  if (address === undefined) throw new NetError('EINVAL', 'Invalid argument');
  if (verb === 'add') return device.fdbAdd(mac, address);
  return verb === 'replace' ? device.fdbReplace(mac, address) : device.fdbAppend(mac, address);
}

function changeBridge(device: Link, { mac, verb, words }: FdbChange): void {
  const isSelf = !words.includes('master');
  const owner = device instanceof Bridge && isSelf ? device : device.master;
  const port = owner instanceof Bridge ? owner.port(device) : undefined;
  if (isSelf && owner !== device && 'delete'.startsWith(verb))
    throw new NetError('ENOENT', 'No such file or directory');
  if (!(owner instanceof Bridge) || (isSelf && owner !== device))
    throw new NetError('EOPNOTSUPP', 'Operation not supported');
  if ('delete'.startsWith(verb)) return owner.fdb.deleteAt(mac, port);
  if (mac === 0) throw new NetError('EINVAL', 'Invalid argument');
  const kind = kindOf(words);
  if (port === undefined && kind !== 'local') throw new NetError('EINVAL', 'Invalid argument');
  if (kind === 'learnt' && !device.up) throw new NetError('EPERM', 'Operation not permitted');
  const entry = { mac, port, kind, updatedAt: device.ns.clock.now() };
  owner.fdb.set(entry, { replace: verb !== 'add' });
}

function kindOf(words: readonly string[]): FdbKind {
  if (words.includes('static')) return 'static';
  return words.includes('dynamic') || words.includes('temp') ? 'learnt' : 'local';
}

interface FdbLine {
  readonly device: string;
  readonly master: string | undefined;
  readonly text: string;
}

const STATES: Readonly<Record<FdbKind, string>> = { local: 'permanent', static: 'static', learnt: '' };

/** Whoever asks for one device is not told which. */
function fdbLines(ns: Netns, isOfOne: boolean): FdbLine[] {
  const at = (name: string): string => (isOfOne ? '' : ` dev ${name}`);
  return ns.links().flatMap((device): FdbLine[] => {
    if (device instanceof VxlanLink) {
      return device.fdbList().map(({ mac, remote, isLearnt }) => ({
        device: device.name,
        master: undefined,
        text: `${formatMac(mac)}${at(device.name)} dst ${formatIp(remote)} self ${isLearnt ? '' : 'permanent'}`,
      }));
    }
    if (!(device instanceof Bridge)) return [];
    return device.fdb.list(ns.clock.now()).map(({ mac, port, kind }) => {
      const on = port?.link ?? device;
      const text = `${formatMac(mac)}${at(on.name)} master ${device.name} ${STATES[kind]}`;
      return { device: on.name, master: device.name, text };
    });
  });
}

const SETTINGS = ['hairpin', 'learning', 'flood', 'mcast_flood', 'bcast_flood', 'isolated'] as const;

function link(ns: Netns, verb: string, words: readonly string[], details: boolean): string {
  if (verb === 'set') {
    setLink(ns, words);
    return '';
  }
  const name = after(words, 'dev');
  if (name !== undefined && ns.link(name) === undefined)
    throw new UsageError(`Cannot find device "${name}"`, 255);
  return ns
    .links()
    .flatMap((each) => (each instanceof Bridge ? each.ports() : []))
    .filter((port) => name === undefined || port.link.name === name)
    .map((port) => formatPort(port, details))
    .join('');
}

function setLink(ns: Netns, words: readonly string[]): void {
  const settings: Partial<PortSettings> = {};
  for (const key of SETTINGS) {
    const value = after(words, key);
    if (value !== undefined && value !== 'on' && value !== 'off')
      throw new UsageError(`Error: argument of "${key}" must be one of "off", "on", not "${value}"`, 234);
    if (value !== undefined) settings[key] = value === 'on';
  }
  const name = after(words, 'dev');
  if (name === undefined) throw new UsageError('Device is a required argument.', 255);
  const device = ns.link(name);
  if (device === undefined) throw new UsageError(`Cannot find bridge device "${name}"`, 255);
  const { master } = device;
  const port = master instanceof Bridge ? master.port(device) : undefined;
  if (!(master instanceof Bridge) || !port)
    throw new UsageError('RTNETLINK answers: Operation not supported', 255);
  master.setPort(port, settings);
}

function formatPort(port: BridgePort, details: boolean): string {
  const { link: on } = port;
  const state = on.up ? 'forwarding' : 'disabled';
  const line = `${on.ifindex}: ${displayName(on)}: <${linkFlags(on).join(',')}> mtu ${on.mtu} master ${on.master?.name} state ${state} priority 32 cost 2 \n`;
  const told = (name: (typeof SETTINGS)[number]): string => `${name} ${port[name] ? 'on' : 'off'}`;
  if (!details) return line;
  return `${line}    ${told('hairpin')} guard off root_block off fastleave off ${told('learning')} ${told('flood')} ${told('mcast_flood')} ${told('bcast_flood')} mcast_router 1 mcast_to_unicast off neigh_suppress off vlan_tunnel off ${told('isolated')} locked off \n`;
}
