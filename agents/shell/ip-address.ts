import { formatCidr } from '../netstack/cidr.ts';
import type { IpVersion } from '../netstack/ip-address.ts';
import { formatIpv4 } from '../netstack/ipv4.ts';
import { formatIpv6 } from '../netstack/ipv6.ts';
import type { Link } from '../netstack/link/link.ts';
import { type Command, success, UsageError } from './command.ts';
import { linkHeading, linkLayer, linkToJson, selectedLink } from './ip-link.ts';
import { IpWords, requireLink, requirePrefix } from './ip-words.ts';

/** `ip addr show|add|del`. */
export const ipAddress: Command = (args, _stdin, { ns }) => {
  const words = new IpWords(args, ['show', 'list', 'lst', 'add', 'delete'], 'address');
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
  const asked = only === undefined ? ns.links() : [requireLink(ns, only)];
  const links = asked.filter((link) => hasAddressOf(link, words.family));
  if (words.json)
    return success(`${JSON.stringify(links.map((link) => addressesToJson(link, words.family)))}\n`);
  return success(links.map((link) => formatLink(link, words.family)).join(''));
};

/** Who asks for one family sees only devices that have it. */
function hasAddressOf(link: Link, family: IpVersion | undefined): boolean {
  if (family === undefined) return true;
  return (family === 6 ? link.addresses6 : link.addresses).length > 0;
}

function formatLink(link: Link, family: IpVersion | undefined): string {
  const lines = [linkHeading(link).replace(' mode DEFAULT', '')];
  if (family === undefined) lines.push(linkLayer(link));
  for (const address of family === 6 ? [] : link.addresses) {
    const broadcast = address.broadcast === undefined ? '' : ` brd ${formatIpv4(address.broadcast)}`;
    const secondary = address.secondary ? ' secondary' : '';
    lines.push(`    inet ${formatCidr(address)}${broadcast} scope ${address.scope}${secondary} ${link.name}`);
    lines.push('       valid_lft forever preferred_lft forever');
  }
  for (const address of family === 4 ? [] : link.addresses6) {
    lines.push(`    inet6 ${formatCidr(address)} scope ${address.scope} `);
    lines.push('       valid_lft forever preferred_lft forever');
  }
  return `${lines.join('\n')}\n`;
}

function addressesToJson(link: Link, family: IpVersion | undefined): Record<string, unknown> {
  const four = (family === 6 ? [] : link.addresses).map((address) => ({
    family: 'inet',
    local: formatIpv4(address.address),
    prefixlen: address.prefixLength,
    scope: address.scope,
    label: link.name,
  }));
  const six = (family === 4 ? [] : link.addresses6).map(({ address, prefixLength, scope }) => ({
    family: 'inet6',
    local: formatIpv6(address),
    prefixlen: prefixLength,
    scope,
  }));
  return { ...linkToJson(link), addr_info: [...four, ...six] };
}
