import ipaddr from 'ipaddr.js';

/** What the two families differ in, in the words of a node's tools. */
export interface IpFamily {
  readonly name: 'IPv4' | 'IPv6';
  readonly bits: 32 | 128;
  readonly loopback: '127.0.0.0/8' | '::1/128';
  /** The program, and the beginning of `…-save` and `…-restore`. */
  readonly iptables: 'iptables' | 'ip6tables';
  /** The family of an nft table, and the word for a packet's addresses. */
  readonly nft: 'ip' | 'ip6';
  readonly nftAddress: 'ipv4_addr' | 'ipv6_addr';
  readonly ipset: 'inet' | 'inet6';
}

export const IPV4: IpFamily = {
  name: 'IPv4',
  bits: 32,
  loopback: '127.0.0.0/8',
  iptables: 'iptables',
  nft: 'ip',
  nftAddress: 'ipv4_addr',
  ipset: 'inet',
};

export const IPV6: IpFamily = {
  name: 'IPv6',
  bits: 128,
  loopback: '::1/128',
  iptables: 'ip6tables',
  nft: 'ip6',
  nftAddress: 'ipv6_addr',
  ipset: 'inet6',
};

export const IP_FAMILIES: readonly IpFamily[] = [IPV4, IPV6];

/** The family of an address or a network. */
export function familyOf(text: string): IpFamily {
  return text.includes(':') ? IPV6 : IPV4;
}

/** Those addresses or networks of a list that are of a family. */
export function inFamily(family: IpFamily, list: readonly string[]): string[] {
  return list.filter((text) => familyOf(text) === family);
}

/** `10.244.1.2:80`, `[fd00::2]:80`. */
export function hostPort(ip: string, port: number): string {
  return familyOf(ip) === IPV6 ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** Whether a network holds an address; a network without a length is one address. */
export function rangeHolds(range: string, address: string): boolean {
  if (!ipaddr.isValid(address) || familyOf(range) !== familyOf(address)) return false;
  const cidr = range.includes('/') ? range : `${range}/${familyOf(range).bits}`;
  return ipaddr.isValidCIDR(cidr) && ipaddr.parse(address).match(ipaddr.parseCIDR(cidr));
}
