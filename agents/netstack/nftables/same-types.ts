import { type DataType, INTEGER } from './data-type.ts';

/** What nft calls its types in messages (`nft describe`); the others go by their names. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  ipv4_addr: 'IPv4 address',
  ipv6_addr: 'IPv6 address',
  inet_proto: 'Internet protocol',
  inet_service: 'internet network service',
  mark: 'packet mark',
  ifname: 'network interface name',
  iface_index: 'network interface index',
  ct_state: 'conntrack state',
  ct_status: 'conntrack status',
  ct_dir: 'conntrack direction',
  nf_proto: 'netfilter protocol',
  pkt_type: 'packet type',
  ether_type: 'Ethernet protocol',
  fib_addrtype: 'fib address type',
  icmp_type: 'ICMP type',
  icmp_code: 'icmp code',
  icmpv6_type: 'ICMPv6 type',
  icmpv6_code: 'icmpv6 code',
  tcp_flag: 'TCP flag',
  dscp: 'Differentiated Services Code Point',
  time: 'relative time',
};

/** Whether keys of some types may be looked for among keys of others; bits of a packet are of any type. */
export function areSameTypes(given: readonly DataType[], wanted: readonly DataType[]): boolean {
  if (given.length !== wanted.length) return false;
  return given.every(({ name }, index) => name === wanted[index]!.name || name === INTEGER.name);
}

export function describeTypes(types: readonly DataType[]): string {
  const texts = types.map(({ name }) => DESCRIPTIONS[name] ?? name);
  return texts.length === 1 ? texts[0]! : `concatenation of (${texts.join(', ')})`;
}
