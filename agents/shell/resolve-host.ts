import { type IpAddress, type IpVersion, parseIp, versionOf } from '../netstack/ip-address.ts';
import { LOOPBACK_IPV4 } from '../netstack/ipv4.ts';
import { LOOPBACK_IPV6 } from '../netstack/ipv6.ts';
import type { ShellNode } from './command.ts';

/** An address as it is, in brackets or not, `localhost`, or whatever the node's resolver knows. */
export async function resolveHost(
  node: ShellNode,
  host: string,
  version?: IpVersion,
): Promise<IpAddress | undefined> {
  const address = parseIp(host.replace(/^\[(.*)\]$/, '$1'));
  if (address !== undefined) return version && versionOf(address) !== version ? undefined : address;
  if (host === 'localhost') return version === 6 ? LOOPBACK_IPV6 : LOOPBACK_IPV4;
  return node.resolve?.(host, version);
}
