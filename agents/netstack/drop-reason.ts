/** Why a packet ended here; the names follow Linux's enum skb_drop_reason (include/net/dropreason-core.h). */
export const DROP_REASONS = [
  'PKT_TOO_SMALL',
  'DEV_READY',
  'UNHANDLED_PROTO',
  'OTHERHOST',
  'CPU_BACKLOG',
  'IP_INHDR',
  'IP_OPTIONS',
  'IPV6_DISABLED',
  'IP_CSUM',
  'IP_INNOROUTES',
  'IP_OUTNOROUTES',
  'IP_RPFILTER',
  'IP_LOCAL_SOURCE',
  'IP_INVALID_SOURCE',
  'IP_INVALID_DEST',
  'IP_FORWARDING_OFF',
  'IP_TTL',
  'IP_NOPROTO',
  'PKT_TOO_BIG',
  'QDISC_DROP',
  'FRAG_REASM_TIMEOUT',
  'FRAG_TOO_MANY',
  'FRAG_INVALID',
  'FRAG_DUPLICATE',
  'NETFILTER_DROP',
  'CONNTRACK_FULL',
  'CONNTRACK_CLASH',
  'NAT_EXHAUSTED',
  'NAT_DEVICE_CHANGED',
  'NEIGH_CREATEFAIL',
  'NEIGH_FAILED',
  'NEIGH_QUEUEFULL',
  'ARP_INVALID',
  'NDP_INVALID',
  'TCP_CSUM',
  'TCP_INVALID',
  'TCP_NO_SOCKET',
  'TCP_FLAGS',
  'TCP_BACKLOG_FULL',
  'UDP_CSUM',
  'UDP_INVALID',
  'UDP_NO_SOCKET',
  'ICMP_CSUM',
  'ICMP_INVALID',
  'BRIDGE_INGRESS_STP_STATE',
  'BRIDGE_NO_EGRESS',
  'BRIDGE_INVALID_SOURCE',
  'VXLAN_INVALID_HDR',
  'VXLAN_VNI_NOT_FOUND',
  'VXLAN_NO_REMOTE',
  'VXLAN_SOURCE',
  'IP_TUNNEL_ECN',
  'NO_MASTER',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** Counts drops by reason. */
export class DropCounters {
  readonly #counts = new Map<DropReason, number>();

  count(reason: DropReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  get(reason: DropReason): number {
    return this.#counts.get(reason) ?? 0;
  }

  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  entries(): IterableIterator<[DropReason, number]> {
    return this.#counts.entries();
  }
}
