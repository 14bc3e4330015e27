import type { RejectType } from '../iptables/rule.ts';
import { NftError } from './nft-error.ts';
import { accept, expect } from './parse-value.ts';
import type { Scanner } from './scanner.ts';
import type { Table } from './table.ts';

const REJECT_CODES: Readonly<Record<string, RejectType>> = {
  'net-unreachable': 'icmp-net-unreachable',
  'host-unreachable': 'icmp-host-unreachable',
  'prot-unreachable': 'icmp-proto-unreachable',
  'port-unreachable': 'icmp-port-unreachable',
  'net-prohibited': 'icmp-net-prohibited',
  'host-prohibited': 'icmp-host-prohibited',
  'admin-prohibited': 'icmp-admin-prohibited',
};

const REJECT_CODES_6: Readonly<Record<string, RejectType>> = {
  'no-route': 'icmp6-no-route',
  'admin-prohibited': 'icmp6-adm-prohibited',
  'addr-unreachable': 'icmp6-addr-unreachable',
  'port-unreachable': 'icmp6-port-unreachable',
  'policy-fail': 'icmp6-policy-fail',
  'reject-route': 'icmp6-reject-route',
};

/** Of both versions; what is said of IPv4 is translated when an IPv6 packet is refused. */
const REJECT_CODES_X: Readonly<Record<string, RejectType>> = {
  'port-unreachable': 'icmp-port-unreachable',
  'admin-prohibited': 'icmp-admin-prohibited',
  'no-route': 'icmp-net-unreachable',
  'host-unreachable': 'icmp-host-unreachable',
};

/** What follows `reject`. */
export function parseReject(scanner: Scanner, family: Table['family']): RejectType {
  if (!accept(scanner, 'with')) return family === 'ip6' ? 'icmp6-port-unreachable' : 'icmp-port-unreachable';
  if (accept(scanner, 'tcp')) {
    expect(scanner, 'reset');
    return 'tcp-reset';
  }
  const codes = accept(scanner, 'icmpv6')
    ? REJECT_CODES_6
    : accept(scanner, 'icmp')
      ? REJECT_CODES
      : REJECT_CODES_X;
  if (codes === REJECT_CODES_X) expect(scanner, 'icmpx');
  accept(scanner, 'type');
  if (codes === REJECT_CODES_X && family !== 'inet')
    throw new NftError('abstracted ICMP unreachable not supported', scanner.span());
  if (!Object.hasOwn(codes, scanner.token)) throw scanner.unexpected();
  return codes[scanner.take()]!;
}
