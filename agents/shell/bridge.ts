import { formatIp } from '../netstack/ip-address.ts';
import { Bridge } from '../netstack/link/bridge.ts';
import { VxlanLink } from '../netstack/link/vxlan.ts';
import { formatMac } from '../netstack/mac.ts';
import type { Netns } from '../netstack/netns.ts';
import { type Command, success, UsageError } from './command.ts';
import { displayName, linkFlags } from './ip-link.ts';
import { requireAddress, requireLink, requireMac } from './ip-words.ts';

/** `bridge [-d] fdb|link …` of iproute2. */
export const bridge: Command = (args, _stdin, { ns }) => {
  const details = args.includes('-d') || args.includes('-details');
  const [object = '', verb = 'show', ...words] = args.filter((arg) => !arg.startsWith('-'));
  if (object !== '' && 'fdb'.startsWith(object)) return success(fdb(ns, verb, words));
  if (object !== '' && 'link'.startsWith(object)) return success(link(ns, verb, words, details));
  throw new UsageError(`Object "${object}" is unknown, try "bridge help".`, 1);
};

function after(words: readonly string[], key: string): string | undefined {
  const at = words.indexOf(key);
  return at < 0 ? undefined : words[at + 1];
}

function fdb(ns: Netns, verb: string, words: readonly string[]): string {
  if (verb !== 'show' && verb !== 'list') {
    changeFdb(ns, verb, words);
    return '';
  }
  const device = after(words, 'dev');
  const master = after(words, 'br') ?? after(words, 'master');
  return fdbLines(ns)
    .filter((line) => (!device || line.device === device) && (!master || line.master === master))
    .map(({ text }) => `${text}\n`)
    .join('');
}

function changeFdb(ns: Netns, verb: string, words: readonly string[]): void {
  const device = requireLink(ns, after(words, 'dev'));
  const mac = requireMac(words[0] ?? '');
  if (device instanceof VxlanLink) {
    const remote = after(words, 'dst');
    const address = remote === undefined ? undefined : requireAddress(remote);
    if ('delete'.startsWith(verb)) return device.fdbDelete(mac, address);
    if (address === undefined) throw new UsageError('RTNETLINK answers: Invalid argument', 2);
    return verb === 'replace' ? device.fdbReplace(mac, address) : device.fdbAppend(mac, address);
  }
  const { master } = device;
  const port = master instanceof Bridge ? master.port(device) : undefined;
  if (!(master instanceof Bridge) || !port)
    throw new UsageError('RTNETLINK answers: Operation not supported', 2);
  if ('delete'.startsWith(verb)) master.fdb.delete(mac);
  else master.fdb.setPermanent(mac, port);
}

interface FdbLine {
  readonly device: string;
  readonly master: string | undefined;
  readonly text: string;
}

function fdbLines(ns: Netns): FdbLine[] {
  return ns.links().flatMap((device): FdbLine[] => {
    if (device instanceof VxlanLink) {
      return device.fdbList().map(({ mac, remote }) => ({
        device: device.name,
        master: undefined,
        text: `${formatMac(mac)} dev ${device.name} dst ${formatIp(remote)} self permanent`,
      }));
    }
    if (!(device instanceof Bridge)) return [];
    return device.fdb.list(ns.clock.now()).map((entry) => {
      const on = entry.port?.link ?? device;
      const suffix = entry.permanent ? ' permanent' : '';
      return {
        device: on.name,
        master: device.name,
        text: `${formatMac(entry.mac)} dev ${on.name} master ${device.name}${suffix}`,
      };
    });
  });
}

const SETTINGS = ['hairpin', 'learning', 'flood'] as const;

function link(ns: Netns, verb: string, words: readonly string[], details: boolean): string {
  const bridges = ns.links().filter((each) => each instanceof Bridge);
  if (verb === 'set') {
    const device = requireLink(ns, after(words, 'dev'));
    const { master } = device;
    const port = master instanceof Bridge ? master.port(device) : undefined;
    if (!(master instanceof Bridge) || !port)
      throw new UsageError('RTNETLINK answers: Operation not supported', 2);
    for (const key of SETTINGS) {
      const value = after(words, key);
      if (value !== undefined) master.setPort(port, { [key]: value === 'on' });
    }
    return '';
  }
  const device = after(words, 'dev');
  const ports = bridges
    .flatMap((each) => each.ports())
    .filter((port) => !device || port.link.name === device);
  return ports
    .map((port) => {
      const { link: on } = port;
      const state = on.up ? 'forwarding' : 'disabled';
      const line = `${on.ifindex}: ${displayName(on)}: <${linkFlags(on).join(',')}> mtu ${on.mtu} master ${on.master?.name} state ${state} priority 32 cost 2 \n`;
      const onOff = (value: boolean) => (value ? 'on' : 'off');
      return details
        ? `${line}    hairpin ${onOff(port.hairpin)} guard off root_block off fastleave off learning ${onOff(port.learning)} flood ${onOff(port.flood)}\n`
        : line;
    })
    .join('');
}
