import type { HostPlan } from './host.ts';

export const PEER_MAC = '02:00:00:00:fe:00';
export const NODE_MAC = '02:00:00:00:0d:00';

export const FAMILIES = {
  IPv4: { peer: '10.0.0.250', node: '10.0.0.1' },
  IPv6: { peer: 'fd00::fa', node: 'fd00::1' },
} as const;
export type Family = keyof typeof FAMILIES;

/** A host with one neighbour. */
export const SOCKET_HOST: HostPlan = {
  devices: { d0: NODE_MAC },
  probers: { d0: { mac: PEER_MAC, address: '10.0.0.250', nodeMac: NODE_MAC, nodeAddress: '10.0.0.1' } },
  setup: [
    ...['lo', 'd0'].map((name) => `ip link set ${name} up`),
    'ip addr add 10.0.0.1/24 dev d0',
    'ip -6 addr add fd00::1/64 dev d0',
    ...Object.values(FAMILIES).map(({ peer }) => `ip neigh replace ${peer} lladdr ${PEER_MAC} dev d0`),
  ],
};

/** What sockets here do not have is turned off there (docs/fidelity.md); a segment is one frame. */
export const LIKE_OURS = [
  'ip link set d0 gso_max_segs 1',
  [
    'sysctl -qw net.ipv4.tcp_timestamps=0 net.ipv4.tcp_sack=0 net.ipv4.tcp_ecn=0 net.ipv4.tcp_fastopen=0',
    'net.ipv4.tcp_syncookies=0 net.ipv4.tcp_congestion_control=reno net.ipv4.tcp_no_metrics_save=1',
    'net.ipv4.tcp_autocorking=0 net.ipv4.tcp_invalid_ratelimit=0 net.ipv4.tcp_challenge_ack_limit=2147483647',
  ].join(' '),
  // A window's scale is what this many bytes need.
  'sysctl -qw net.ipv4.tcp_rmem=4096\t131072\t6291456 net.ipv4.tcp_wmem=4194304\t4194304\t4194304',
];

/** As it is by itself, but that less patience suffices. */
export const IMPATIENT = {
  kernel: [
    'ip route replace 10.0.0.0/24 dev d0 src 10.0.0.1 proto kernel',
    'ip -6 route replace fd00::/64 dev d0 proto kernel metric 256',
  ],
  sim: ['sysctl -qw net.ipv4.tcp_rto_min_us=200000'],
  both: [
    'sysctl -qw net.ipv4.tcp_syn_linear_timeouts=1 net.ipv4.tcp_keepalive_time=1 net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=2',
  ],
} as const;

/** So that no time-out comes into a case: routes say how soon the kernel may send again, a sysctl says it here. */
export const PATIENT = {
  kernel: [
    'ip route replace 10.0.0.0/24 dev d0 src 10.0.0.1 proto kernel rto_min 15s',
    'ip -6 route replace fd00::/64 dev d0 proto kernel metric 256 rto_min 15s',
  ],
  sim: ['sysctl -qw net.ipv4.tcp_rto_min_us=15000000'],
} as const;
