import { cidr } from '../../agents/netstack/cidr.ts';
import { type Ipv4, ipv4 } from '../../agents/netstack/ipv4.ts';
import { createBridge, setMaster } from '../../agents/netstack/link/bridge.ts';
import { EthernetDevice } from '../../agents/netstack/link/ethernet-device.ts';
import { createVethPair } from '../../agents/netstack/link/veth.ts';
import { createVxlan } from '../../agents/netstack/link/vxlan.ts';
import { mac } from '../../agents/netstack/mac.ts';
import { Netns } from '../../agents/netstack/netns.ts';
import { Lan } from '../../agents/wire/lan.ts';
import { lanMac } from '../../agents/wire/lan-mac.ts';
import { systemClock } from '../../platform/clock.ts';
import type { HostEndpoint } from '../../platform/host-network.ts';
import { seededRng } from '../../platform/rng.ts';
import { systemHostNetwork } from '../../platform/system-host-network.ts';

/** A node on the segment between processes, with a tunnel to its peer and one pod. */
export interface WiredNode {
  readonly pod: Netns;
  readonly podAddress: Ipv4;
  readonly wire: HostEndpoint;
  connect(peer: HostEndpoint): void;
}

const nodeIp = (index: number): Ipv4 => ipv4(`172.18.0.${index + 1}`);
const tunnelMac = (index: number) => mac(`02:42:0a:f4:0${index}:00`);

/** Node 1 or 2 of two. */
export async function wiredNode(index: 1 | 2): Promise<WiredNode> {
  const lan = new Lan(await systemHostNetwork.bindUdp({ address: '127.0.0.1', port: 0 }));
  const node = netns(`node-${index}`, index);
  node.sysctl.set('net.ipv4.ip_forward', 1);
  const eth0: EthernetDevice = new EthernetDevice(node, 'eth0', {
    mac: lanMac(nodeIp(index)),
    transmit: (frame) => lan.send(frame, port),
  });
  const port = { mac: eth0.mac, receive: (frame: Uint8Array) => eth0.receive(frame) };
  lan.attach(port);
  node.addAddress(eth0, cidr(`172.18.0.${index + 1}/16`));
  eth0.setUp();
  const flannel = createVxlan(node, 'flannel.1', {
    vni: 1,
    local: nodeIp(index),
    device: eth0,
    learning: false,
    mac: tunnelMac(index),
  });
  node.addAddress(flannel, cidr(`10.244.${index}.0/32`));
  flannel.setUp();
  const cni0 = createBridge(node, 'cni0', { mtu: 1450 });
  node.addAddress(cni0, cidr(`10.244.${index}.1/24`));
  cni0.setUp();
  const pod = netns('pod', 10 + index);
  const [inside, outside] = createVethPair(
    { ns: pod, name: 'eth0', mtu: 1450 },
    { ns: node, name: 'veth', mtu: 1450 },
  );
  setMaster(outside, cni0);
  outside.setUp();
  pod.addAddress(inside, cidr(`10.244.${index}.2/24`));
  inside.setUp();
  pod.addRoute({ destination: cidr('0.0.0.0/0'), gateway: ipv4(`10.244.${index}.1`) });
  const other = index === 1 ? 2 : 1;
  const vtep = ipv4(`10.244.${other}.0`);
  node.addNeighbour(flannel, vtep, tunnelMac(other));
  flannel.fdbAppend(tunnelMac(other), nodeIp(other));
  node.addRoute({ destination: cidr(`10.244.${other}.0/24`), gateway: vtep, link: flannel, onlink: true });
  return {
    pod,
    podAddress: ipv4(`10.244.${index}.2`),
    wire: lan.local,
    connect: (peer) => lan.setPeer(lanMac(nodeIp(other)), peer),
  };
}

function netns(name: string, seed: number): Netns {
  const ns = new Netns({ name, clock: systemClock, rng: seededRng(seed) });
  ns.lo.setUp();
  return ns;
}
