/** EtherTypes (IEEE 802) and IP protocol numbers (IANA) that the stack knows. */
export const ETH_IPV4 = 0x0800;
export const ETH_ARP = 0x0806;
export const ETH_IPV6 = 0x86dd;

export const PROTO_ICMP = 1;
export const PROTO_IGMP = 2;
export const PROTO_TCP = 6;
export const PROTO_UDP = 17;
export const PROTO_ICMPV6 = 58;
export const PROTO_SCTP = 132;

const NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipencap',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'ipv6-icmp',
  132: 'sctp',
  136: 'udplite',
};

/** As /etc/protocols has it; undefined for a number without a name. */
export function protocolName(number: number): string | undefined {
  return NAMES[number];
}

const NUMBERS = new Map(Object.entries(NAMES).map(([number, name]) => [name, Number(number)]));

export function protocolNumber(name: string): number | undefined {
  return NUMBERS.get(name.toLowerCase());
}
