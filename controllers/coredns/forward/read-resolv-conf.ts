import { readFileSync } from 'node:fs';
import type { HostEndpoint } from '../../../platform/host-network.ts';

const DNS_PORT = 53;

/** The IPv4 name servers of a resolv.conf(5); none if the file cannot be read. */
export function readResolvConf(path: string): readonly HostEndpoint[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return [...text.matchAll(/^\s*nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/gm)].map(([, address = '']) => ({
    address,
    port: DNS_PORT,
  }));
}
