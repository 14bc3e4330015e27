import type { NodePortAddresses } from './configuration/rule-settings.ts';
import { IPV4, type IpFamily, rangeHolds } from './ip-family.ts';
import type { ProxierOptions } from './proxier.ts';
import { runInShell } from './run-in-shell.ts';

/** A node's addresses of a family, without those of the device that holds Services' addresses under IPVS. */
export async function localAddresses(node: ProxierOptions, family: IpFamily): Promise<readonly string[]> {
  const links = await shownLinks(node, family);
  return links.filter((link) => !IPVS_DEVICE.test(link)).flatMap((link) => addressesIn(link, family));
}

/** What the device that holds Services' addresses under IPVS has. */
export async function heldAddresses(node: ProxierOptions, family: IpFamily): Promise<readonly string[]> {
  const links = await shownLinks(node, family);
  return links.filter((link) => IPVS_DEVICE.test(link)).flatMap((link) => addressesIn(link, family));
}

const IPVS_DEVICE = /^\d+: kube-ipvs0:/;

async function shownLinks(node: ProxierOptions, family: IpFamily): Promise<readonly string[]> {
  const shown = await runInShell(node, ['ip', family === IPV4 ? '-4' : '-6', 'addr', 'show']);
  return shown.split(/^(?=\d+: )/m);
}

/** Without those that hold on one link only. */
function addressesIn(link: string, family: IpFamily): string[] {
  const lines = link.matchAll(family === IPV4 ? /^ +inet ([^/\s]+)/gm : /^ +inet6 ([^/\s]+)/gm);
  return [...lines].map(([, address]) => address!).filter((address) => !address.startsWith('fe80:'));
}

/**
 * Those of a node's addresses that have node ports; undefined: all that it ever has, as in a family that the node
 * is not known by (k8s cmd/kube-proxy/app/server.go).
 */
export function nodePortIps(
  wanted: NodePortAddresses,
  nodeIp: string,
  addresses: readonly string[],
): readonly string[] | undefined {
  if (wanted === 'primary') return nodeIp === '' ? undefined : [nodeIp];
  if (wanted === 'all') return undefined;
  return addresses.filter((address) => wanted.some((cidr) => rangeHolds(cidr, address)));
}
