import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST } from '../packet.ts';
import { ETH_ARP, ETH_IPV4, ETH_IPV6 } from '../protocol-numbers.ts';
import { type DataType, flags, hexOf, symbols } from './data-type.ts';

export const ICMP_TYPE = symbols('icmp_type', 1, 1, {
  'echo-reply': 0,
  'destination-unreachable': 3,
  'source-quench': 4,
  redirect: 5,
  'echo-request': 8,
  'router-advertisement': 9,
  'router-solicitation': 10,
  'time-exceeded': 11,
  'parameter-problem': 12,
  'timestamp-request': 13,
  'timestamp-reply': 14,
  'info-request': 15,
  'info-reply': 16,
  'address-mask-request': 17,
  'address-mask-reply': 18,
});

export const ICMPV6_TYPE = symbols('icmpv6_type', 1, 1, {
  'destination-unreachable': 1,
  'packet-too-big': 2,
  'time-exceeded': 3,
  'parameter-problem': 4,
  'echo-request': 128,
  'echo-reply': 129,
  'mld-listener-query': 130,
  'mld-listener-report': 131,
  'mld-listener-done': 132,
  'nd-router-solicit': 133,
  'nd-router-advert': 134,
  'nd-neighbor-solicit': 135,
  'nd-neighbor-advert': 136,
  'nd-redirect': 137,
  'router-renumbering': 138,
  'ind-neighbor-solicit': 141,
  'ind-neighbor-advert': 142,
  'mld2-listener-report': 143,
});

const TCP_FLAGS = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
  urg: 32,
  ecn: 64,
  cwr: 128,
};
/** More than one are a number, where they are not a list. */
export const TCP_FLAG: DataType = {
  ...flags('tcp_flag', 1, TCP_FLAGS),
  printValue: symbols('tcp_flag', 1, 5, TCP_FLAGS, { unknown: (value) => `0x${value.toString(16)}` }).print,
};

export const ICMP_CODE = symbols('icmp_code', 1, 1, {
  'net-unreachable': 0,
  'host-unreachable': 1,
  'prot-unreachable': 2,
  'port-unreachable': 3,
  'frag-needed': 4,
  'net-prohibited': 9,
  'host-prohibited': 10,
  'admin-prohibited': 13,
});

export const ICMPV6_CODE = symbols('icmpv6_code', 1, 1, {
  'no-route': 0,
  'admin-prohibited': 1,
  'addr-unreachable': 3,
  'port-unreachable': 4,
  'policy-fail': 5,
  'reject-route': 6,
});

/** RFC 2474, RFC 2597, RFC 3246, RFC 5865, RFC 8622. */
export const DSCP = symbols(
  'dscp',
  1,
  5,
  {
    cs0: 0x00,
    cs1: 0x08,
    cs2: 0x10,
    cs3: 0x18,
    cs4: 0x20,
    cs5: 0x28,
    cs6: 0x30,
    cs7: 0x38,
    df: 0x00,
    be: 0x00,
    lephb: 0x01,
    af11: 0x0a,
    af12: 0x0c,
    af13: 0x0e,
    af21: 0x12,
    af22: 0x14,
    af23: 0x16,
    af31: 0x1a,
    af32: 0x1c,
    af33: 0x1e,
    af41: 0x22,
    af42: 0x24,
    af43: 0x26,
    va: 0x2c,
    ef: 0x2e,
  },
  { bits: 6, unknown: hexOf(1) },
);

/** RFC 3168 §5. */
export const ECN = symbols('ecn', 1, 5, { 'not-ect': 0, ect1: 1, ect0: 2, ce: 3 }, { bits: 2 });

export const ETHER_TYPE = symbols(
  'ether_type',
  2,
  5,
  { ip: ETH_IPV4, arp: ETH_ARP, ip6: ETH_IPV6, '8021q': 0x8100, '8021ad': 0x88a8, vlan: 0x8100 },
  { unknown: hexOf(2) },
);

export const PKT_TYPE = symbols('pkt_type', 1, 5, {
  host: PACKET_HOST,
  unicast: PACKET_HOST,
  broadcast: PACKET_BROADCAST,
  multicast: PACKET_MULTICAST,
  other: PACKET_OTHERHOST,
});
