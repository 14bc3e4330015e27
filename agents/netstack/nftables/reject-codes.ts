import type { IpVersion } from '../ip-address.ts';
import type { RejectType } from '../iptables/rule.ts';

type Codes = Readonly<Record<string, RejectType>>;

const ICMP: Codes = {
  'net-unreachable': 'icmp-net-unreachable',
  'host-unreachable': 'icmp-host-unreachable',
  'prot-unreachable': 'icmp-proto-unreachable',
  'port-unreachable': 'icmp-port-unreachable',
  'net-prohibited': 'icmp-net-prohibited',
  'host-prohibited': 'icmp-host-prohibited',
  'admin-prohibited': 'icmp-admin-prohibited',
};

const ICMPV6: Codes = {
  'no-route': 'icmp6-no-route',
  'admin-prohibited': 'icmp6-adm-prohibited',
  'addr-unreachable': 'icmp6-addr-unreachable',
  'port-unreachable': 'icmp6-port-unreachable',
  'policy-fail': 'icmp6-policy-fail',
  'reject-route': 'icmp6-reject-route',
};

/** Of both versions; what is said of IPv4 is translated when an IPv6 packet is refused. */
const ICMPX: Codes = {
  'port-unreachable': 'icmp-port-unreachable',
  'admin-prohibited': 'icmp-admin-prohibited',
  'no-route': 'icmp-net-unreachable',
  'host-unreachable': 'icmp-host-unreachable',
};

/** What `icmp`, `icmpv6` or, without a version, `icmpx` may be told. */
export function rejectCodes(version: IpVersion | undefined): Codes {
  if (version === undefined) return ICMPX;
  return version === 6 ? ICMPV6 : ICMP;
}

export function printRejectCode({ with: type, version }: { with: RejectType; version?: IpVersion }): string {
  const protocol = version === undefined ? 'icmpx' : version === 6 ? 'icmpv6' : 'icmp';
  const code = Object.entries(rejectCodes(version)).find(([, each]) => each === type)?.[0];
  return `${protocol} ${code}`;
}
