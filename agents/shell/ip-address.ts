import { formatCidr } from '../netstack/cidr.ts';
import { formatIpv4 } from '../netstack/ipv4.ts';
import type { Link } from '../netstack/link/link.ts';
import { type Command, success, UsageError } from './command.ts';
import { linkHeading, linkLayer, linkToJson, selectedLink } from './ip-link.ts';
import { IpWords, requireLink, requirePrefix } from './ip-words.ts';

/** `ip addr show|add|del`. */
export const ipAddress: Command = (args, _stdin, { ns }) => {
  const words = new IpWords(args, ['show', 'list', 'lst', 'add', 'delete']);
  if (words.verb === 'add' || words.verb === 'delete') {
    const prefix = requirePrefix(words.value('address'));
    if (words.next() !== 'dev')
      throw new UsageError('Not enough information: "dev" argument is required.', 255);
    const link = requireLink(ns, words.next());
    if (words.verb === 'add') ns.addAddress(link, prefix);
    else ns.delAddress(link, prefix);
    return success();
  }
  const only = selectedLink(words);
  const links = only === undefined ? ns.links() : [requireLink(ns, only)];
  if (words.json) return success(`${JSON.stringify(links.map(addressesToJson))}\n`);
  return success(links.map(formatLink).join(''));
};

function formatLink(link: Link): string {
  const lines = [linkHeading(link).replace(' mode DEFAULT', ''), linkLayer(link)];
  for (const address of link.addresses) {
    const broadcast = address.broadcast === undefined ? '' : ` brd ${formatIpv4(address.broadcast)}`;
    const secondary = address.secondary ? ' secondary' : '';
    lines.push(`    inet ${formatCidr(address)}${broadcast} scope ${address.scope}${secondary} ${link.name}`);
    lines.push('       valid_lft forever preferred_lft forever');
  }
  return `${lines.join('\n')}\n`;
}

function addressesToJson(link: Link): Record<string, unknown> {
  const addresses = link.addresses.map((address) => ({
    family: 'inet',
    local: formatIpv4(address.address),
    prefixlen: address.prefixLength,
    scope: address.scope,
    label: link.name,
  }));
  return { ...linkToJson(link), addr_info: addresses };
}
