import { mask6Of, maskOf } from '../cidr.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Ipv4 } from '../ipv4.ts';
import type { Ipv6 } from '../ipv6.ts';
import type { Route } from './route.ts';
import { FIRST_RULES, FIRST_RULES_6, type RoutingRule } from './routing-rule.ts';

/** What a family's addresses are to a table of prefixes. */
export interface AddressSpace<Address extends IpAddress> {
  readonly bits: 32 | 128;
  network(address: Address, prefixLength: number): Address;
  /** A small number that differs for most addresses. */
  slot(address: Address): number;
  /** No address at all, for an empty slot. */
  readonly nothing: Address;
  /** The rules that a namespace starts with. */
  readonly firstRules: readonly RoutingRule[];
  /** Whether two routes of one table, prefix and metric may both be. */
  mayStandBeside(one: Route<Address>, other: Route<Address>): boolean;
}

export const IPV4_SPACE: AddressSpace<Ipv4> = {
  bits: 32,
  network: (address, length) => ((address & maskOf(length)) >>> 0) as Ipv4,
  slot: (address) => address ^ (address >>> 10) ^ (address >>> 20),
  nothing: -1 as Ipv4,
  firstRules: FIRST_RULES,
  mayStandBeside: (one, other) =>
    one.table !== 'main' && (one.type !== other.type || one.link !== other.link),
};

export const IPV6_SPACE: AddressSpace<Ipv6> = {
  bits: 128,
  network: (address, length) => (address & mask6Of(length)) as Ipv6,
  slot: (address) => Number((address ^ (address >> 32n) ^ (address >> 64n)) & 0xfffn),
  nothing: -1n as Ipv6,
  firstRules: FIRST_RULES_6,
  mayStandBeside: (one, other) => one.link !== other.link || one.type !== other.type,
};
