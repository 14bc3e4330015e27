/** What a fresh namespace has; the names are those of sysctl(8). Interfaces appear under conf as they are set. */
const DEFAULTS: Readonly<Record<string, number | string>> = {
  'net.ipv4.ip_forward': 0,
  'net.ipv4.conf.all.rp_filter': 0,
  'net.ipv4.conf.default.rp_filter': 0,
  'net.ipv4.conf.all.route_localnet': 0,
  'net.ipv4.conf.all.accept_local': 0,
  'net.ipv4.conf.all.src_valid_mark': 0,
  'net.ipv4.conf.all.ignore_routes_with_linkdown': 0,
  'net.ipv4.conf.all.arp_ignore': 0,
  'net.ipv4.conf.all.arp_announce': 0,
  'net.ipv4.conf.all.arp_filter': 0,
  'net.ipv4.conf.all.arp_accept': 0,
  'net.ipv4.conf.all.drop_gratuitous_arp': 0,
  'net.ipv4.conf.all.proxy_arp': 0,
  'net.ipv4.conf.all.proxy_arp_pvlan': 0,
  'net.ipv4.fib_multipath_hash_policy': 0,
  'net.ipv4.route.min_pmtu': 552,
  'net.ipv4.route.mtu_expires': 600,
  'net.ipv4.ip_default_ttl': 64,
  'net.ipv4.ip_local_port_range': '32768\t60999',
  'net.ipv4.icmp_echo_ignore_all': 0,
  'net.ipv4.vs.conntrack': 0,
  'net.ipv4.vs.conn_reuse_mode': 1,
  'net.ipv4.vs.expire_nodest_conn': 0,
  'net.ipv4.vs.expire_quiescent_template': 0,
  'net.ipv4.tcp_syn_retries': 6,
  'net.ipv4.tcp_syn_linear_timeouts': 4,
  'net.ipv4.tcp_synack_retries': 5,
  'net.ipv4.tcp_retries2': 15,
  'net.ipv4.tcp_rto_min_us': 200_000,
  'net.ipv4.tcp_keepalive_time': 7200,
  'net.ipv4.tcp_keepalive_intvl': 75,
  'net.ipv4.tcp_keepalive_probes': 9,
  'net.ipv4.tcp_fin_timeout': 60,
  'net.ipv4.tcp_max_tw_buckets': 16384,
  'net.ipv4.neigh.default.gc_thresh3': 1024,
  'net.ipv4.neigh.default.mcast_solicit': 3,
  'net.ipv4.neigh.default.ucast_solicit': 3,
  'net.ipv4.neigh.default.retrans_time_ms': 1000,
  'net.ipv4.neigh.default.base_reachable_time_ms': 30000,
  'net.ipv4.neigh.default.delay_first_probe_time': 5,
  'net.ipv4.neigh.default.unres_qlen_bytes': 212992,
  'net.ipv4.neigh.default.locktime': 100,
  'net.ipv4.neigh.default.proxy_delay': 80,
  'net.ipv4.neigh.default.proxy_qlen': 64,
  'net.ipv6.conf.all.disable_ipv6': 0,
  'net.ipv6.conf.all.forwarding': 0,
  'net.ipv6.conf.all.keep_addr_on_down': 0,
  'net.ipv6.conf.all.proxy_ndp': 0,
  'net.ipv6.conf.all.drop_unsolicited_na': 0,
  'net.ipv6.conf.all.accept_untracked_na': 0,
  'net.ipv6.conf.all.ignore_routes_with_linkdown': 0,
  'net.ipv6.fib_multipath_hash_policy': 0,
  'net.ipv6.route.mtu_expires': 600,
  'net.ipv6.conf.default.hop_limit': 64,
  'net.ipv6.icmp.echo_ignore_all': 0,
  'net.ipv6.neigh.default.gc_thresh3': 1024,
  'net.ipv6.neigh.default.mcast_solicit': 3,
  'net.ipv6.neigh.default.ucast_solicit': 3,
  'net.ipv6.neigh.default.retrans_time_ms': 1000,
  'net.ipv6.neigh.default.base_reachable_time_ms': 30000,
  'net.ipv6.neigh.default.delay_first_probe_time': 5,
  'net.ipv6.neigh.default.unres_qlen_bytes': 212992,
  'net.ipv6.neigh.default.locktime': 0,
  'net.ipv6.neigh.default.proxy_delay': 80,
  'net.ipv6.neigh.default.proxy_qlen': 64,
  'net.bridge.bridge-nf-call-iptables': 1,
  'net.bridge.bridge-nf-call-ip6tables': 1,
  'net.core.somaxconn': 4096,
  'net.netfilter.nf_conntrack_max': 262144,
  'net.netfilter.nf_conntrack_tcp_be_liberal': 0,
  'net.netfilter.nf_conntrack_tcp_ignore_invalid_rst': 0,
  'net.netfilter.nf_conntrack_tcp_loose': 1,
  'net.netfilter.nf_conntrack_tcp_max_retrans': 3,
  'net.netfilter.nf_conntrack_tcp_timeout_syn_sent': 120,
  'net.netfilter.nf_conntrack_tcp_timeout_syn_recv': 60,
  'net.netfilter.nf_conntrack_tcp_timeout_established': 432000,
  'net.netfilter.nf_conntrack_tcp_timeout_fin_wait': 120,
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait': 60,
  'net.netfilter.nf_conntrack_tcp_timeout_last_ack': 30,
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait': 120,
  'net.netfilter.nf_conntrack_tcp_timeout_close': 10,
  'net.netfilter.nf_conntrack_tcp_timeout_max_retrans': 300,
  'net.netfilter.nf_conntrack_tcp_timeout_unacknowledged': 300,
  'net.netfilter.nf_conntrack_udp_timeout': 30,
  'net.netfilter.nf_conntrack_udp_timeout_stream': 120,
  'net.netfilter.nf_conntrack_sctp_timeout_closed': 10,
  'net.netfilter.nf_conntrack_sctp_timeout_cookie_wait': 3,
  'net.netfilter.nf_conntrack_sctp_timeout_cookie_echoed': 3,
  'net.netfilter.nf_conntrack_sctp_timeout_established': 210,
  'net.netfilter.nf_conntrack_sctp_timeout_shutdown_sent': 3,
  'net.netfilter.nf_conntrack_sctp_timeout_shutdown_recd': 3,
  'net.netfilter.nf_conntrack_sctp_timeout_shutdown_ack_sent': 3,
  'net.netfilter.nf_conntrack_sctp_timeout_heartbeat_sent': 30,
  'net.netfilter.nf_conntrack_icmp_timeout': 30,
  'net.netfilter.nf_conntrack_icmpv6_timeout': 30,
  'net.netfilter.nf_conntrack_generic_timeout': 600,
};

/**
 * A namespace's sysctls. Numbers are read through a cache that any write empties, so the data path may ask for
 * each packet.
 */
export class Sysctls {
  readonly #values = new Map<string, string | number>(Object.entries(DEFAULTS));
  /** Grows with every write; readers that derive something compare it. */
  generation = 0;
  #ports: { generation: number; range: readonly [number, number] } = { generation: -1, range: [0, 0] };
  readonly #onChange: (name: string) => void;

  constructor(onChange: (name: string) => void) {
    this.#onChange = onChange;
  }

  get(name: string): string | number | undefined {
    return this.#values.get(name);
  }

  /** 0 for a name that is not set or not a number. */
  number(name: string): number {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : Number(value ?? 0) || 0;
  }

  set(name: string, value: string | number): void {
    const numeric = typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
    this.#values.set(name, numeric);
    this.generation++;
    this.#onChange(name);
  }

  /** conf/all and conf/<link> combined, by maximum as rp_filter (IN_DEV_MAXCONF) and by "or" for switches. */
  perLink(link: string, setting: string, family: 'ipv4' | 'ipv6' = 'ipv4'): number {
    return Math.max(this.number(`net.${family}.conf.all.${setting}`), this.own(link, setting, family));
  }

  /** What a link itself has, else what links are given. */
  own(link: string, setting: string, family: 'ipv4' | 'ipv6' = 'ipv4'): number {
    const conf = `net.${family}.conf`;
    const own =
      this.#values.get(`${conf}.${link}.${setting}`) ?? this.#values.get(`${conf}.default.${setting}`);
    return Number(own ?? 0) || 0;
  }

  portRange(): readonly [number, number] {
    if (this.#ports.generation !== this.generation) {
      const [low, high] = String(this.#values.get('net.ipv4.ip_local_port_range')).split(/\s+/).map(Number);
      this.#ports = { generation: this.generation, range: [low || 32768, high || 60999] };
    }
    return this.#ports.range;
  }

  entries(): [string, string | number][] {
    return [...this.#values.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
