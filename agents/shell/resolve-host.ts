import { type Ipv4, parseIpv4 } from '../netstack/ipv4.ts';
import type { ShellNode } from './command.ts';

/** An address as it is, `localhost`, or whatever the node's resolver knows. */
export async function resolveHost(node: ShellNode, host: string): Promise<Ipv4 | undefined> {
  const address = parseIpv4(host);
  if (address !== undefined) return address;
  if (host === 'localhost') return parseIpv4('127.0.0.1');
  return node.resolve?.(host);
}
