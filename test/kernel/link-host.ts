import { parseIp } from '../../agents/netstack/ip-address.ts';
import { createBridge } from '../../agents/netstack/link/bridge.ts';
import { createVxlan } from '../../agents/netstack/link/vxlan.ts';
import { mac } from '../../agents/netstack/mac.ts';
import type { HostPlan } from './host.ts';

export const PORTS = ['p0', 'p1', 'p2'] as const;
export const PORT_MACS = {
  p0: '02:00:00:00:0d:00',
  p1: '02:00:00:00:0d:01',
  p2: '02:00:00:00:0d:02',
} as const;
export const BRIDGE_MAC = '02:00:00:00:0b:00';

/** A bridge of three ports that is a host, too. */
export const BRIDGE_HOST: HostPlan = {
  devices: PORT_MACS,
  kernelSetup: [
    'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1',
    `ip link add br0 address ${BRIDGE_MAC} type bridge mcast_snooping 0`,
  ],
  simSetup: (ns) => {
    ns.sysctl.set('net.ipv6.conf.all.disable_ipv6', 1);
    createBridge(ns, 'br0', { mac: mac(BRIDGE_MAC) });
  },
  setup: [
    ...PORTS.flatMap((port) => [`ip link set ${port} master br0`, `ip link set ${port} up`]),
    'ip link set lo up',
    'ip link set br0 up',
    'ip addr add 10.0.0.1/24 dev br0',
    'ip neigh replace 10.0.0.10 lladdr 02:00:00:00:aa:00 dev br0',
  ],
};

export const TUNNEL_MAC = '02:00:00:00:f1:01';
export const LEARNING_TUNNEL_MAC = '02:00:00:00:f1:11';
export const VNI = 5;

/** What tunnels go over: the node's own address, where its peers' are, and the MTU that is left. */
export const UNDERLAYS = {
  IPv4: { own: '10.0.1.1', prefix: '10.0.1.' },
  IPv6: { own: 'fd01::1', prefix: 'fd01::' },
} as const;
export type Underlay = keyof typeof UNDERLAYS;

/** A router with a link and two tunnels over another, one that learns and one that does not. */
export function tunnelHost(underlay: Underlay): HostPlan {
  const { own, prefix } = UNDERLAYS[underlay];
  const tunnel = (name: string, vni: number, address: string, more = ''): string =>
    `ip link add ${name} address ${address} type vxlan id ${vni} local ${own} dev u0 dstport 8472${more}`;
  const silent = ['d0', 'vx0', 'vx1', ...(underlay === 'IPv4' ? ['u0'] : [])];
  const silence = silent.map((device) => `net.ipv6.conf.${device}.disable_ipv6=1`).join(' ');
  return {
    devices: { d0: '02:00:00:00:0d:00', u0: '02:00:00:00:0d:01' },
    kernelSetup: [tunnel('vx0', VNI, TUNNEL_MAC, ' nolearning'), tunnel('vx1', VNI + 1, LEARNING_TUNNEL_MAC)],
    simSetup: (ns) => {
      const common = { local: parseIp(own)!, device: ns.link('u0')! };
      createVxlan(ns, 'vx0', { ...common, vni: VNI, learning: false, mac: mac(TUNNEL_MAC) });
      createVxlan(ns, 'vx1', { ...common, vni: VNI + 1, mac: mac(LEARNING_TUNNEL_MAC) });
    },
    setup: [
      `sysctl -qw net.ipv4.ip_forward=1 net.ipv4.ip_local_port_range=40000\t40000 ${silence}`,
      ...['lo', 'd0', 'u0', 'vx0', 'vx1'].map((name) => `ip link set ${name} up`),
      'ip addr add 10.0.0.1/24 dev d0',
      'ip addr add 10.0.1.1/24 dev u0',
      ...(underlay === 'IPv6' ? [`ip -6 addr add ${own}/64 dev u0`] : []),
      'ip addr add 10.5.0.0/32 dev vx0',
      'ip addr add 10.6.0.1/24 dev vx1',
      'ip neigh replace 10.0.0.10 lladdr 02:00:00:00:aa:00 dev d0',
      ...[3, 4, 5].map((n) => `ip neigh replace ${prefix}${n} lladdr 02:00:00:00:aa:1${n} dev u0`),
      'ip neigh replace 10.5.3.0 lladdr 02:00:00:00:f1:03 dev vx0',
      'ip neigh replace 10.5.4.0 lladdr 02:00:00:00:f1:04 dev vx0',
      'ip neigh replace 10.6.0.3 lladdr 02:00:00:00:f1:13 dev vx1',
      'ip route add 10.5.3.0/24 via 10.5.3.0 dev vx0 onlink',
      'ip route add 10.5.4.0/24 via 10.5.4.0 dev vx0 onlink',
    ],
  };
}
