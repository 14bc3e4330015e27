import {
  CT_STATE,
  CT_STATUS,
  type DataType,
  FIB_ADDRTYPE,
  IFNAME,
  INET_PROTO,
  INET_SERVICE,
  IPV4_ADDR,
  IPV6_ADDR,
  MARK,
  NF_PROTO,
} from './data-type.ts';
import { ICMP_TYPE, ICMPV6_TYPE, TCP_FLAG } from './header-types.ts';

/** The types that a set's key or data can be declared with. */
export const DATA_TYPES: ReadonlyMap<string, DataType> = new Map(
  [
    IPV4_ADDR,
    IPV6_ADDR,
    INET_PROTO,
    INET_SERVICE,
    MARK,
    NF_PROTO,
    IFNAME,
    CT_STATE,
    CT_STATUS,
    FIB_ADDRTYPE,
    ICMP_TYPE,
    ICMPV6_TYPE,
    TCP_FLAG,
  ].map((type) => [type.name, type]),
);
