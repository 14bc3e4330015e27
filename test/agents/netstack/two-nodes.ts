import { cidr } from '../../../agents/netstack/cidr.ts';
import { type Ipv4, ipv4 } from '../../../agents/netstack/ipv4.ts';
import { type Bridge, createBridge, setMaster } from '../../../agents/netstack/link/bridge.ts';
import { EthernetDevice } from '../../../agents/netstack/link/ethernet-device.ts';
import { createVethPair } from '../../../agents/netstack/link/veth.ts';
import { createVxlan, type VxlanLink } from '../../../agents/netstack/link/vxlan.ts';
import { mac } from '../../../agents/netstack/mac.ts';
import { Netns } from '../../../agents/netstack/netns.ts';
import { seededRng } from '../../../platform/rng.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

/** A node in the shape of tools that build real ones: cni0, flannel.1, eth0 on a wire. */
export interface TestNode {
  readonly index: number;
  readonly ns: Netns;
  readonly eth0: EthernetDevice;
  readonly cni0: Bridge;
  readonly flannel: VxlanLink;
  readonly address: Ipv4;
}

export interface TestPod {
  readonly ns: Netns;
  readonly address: Ipv4;
}

export const nodeAddress = (index: number): string => `172.18.0.${index + 1}`;
const flannelMac = (index: number) => mac(`02:42:0a:f4:0${index}:00`);

/** Frames that may be in flight on the wire between nodes; the wire reorders nothing. */
class Wire {
  readonly devices: EthernetDevice[] = [];
  lose: (frame: Uint8Array) => boolean = () => false;

  transmit(from: EthernetDevice, frame: Uint8Array): void {
    if (this.lose(frame)) return;
    for (const device of this.devices) {
      if (device !== from) device.ns.softirq.enqueue(device, fromFrame(frame.slice()));
    }
  }
}

import { Packet } from '../../../agents/netstack/packet.ts';

const fromFrame = (frame: Uint8Array): Packet => Packet.fromFrame(frame);

/** Nodes 172.18.0.2 and .3 with pods 10.244.N.2 and on, and an outside host 172.18.0.100. */
export class TwoNodes {
  readonly clock = new VirtualClock();
  readonly rng;
  readonly wire = new Wire();
  readonly nodes: TestNode[] = [];
  readonly outside: Netns;

  constructor(seed = 1) {
    this.rng = seededRng(seed);
    this.outside = this.#outsideHost();
    for (const index of [1, 2]) this.nodes.push(this.#node(index));
    for (const node of this.nodes) for (const peer of this.nodes) if (peer !== node) introduce(node, peer);
  }

  node(index: number): TestNode {
    return this.nodes[index - 1]!;
  }

  pod(nodeIndex: number, host: number, options: { hairpin?: boolean } = {}): TestPod {
    const node = this.node(nodeIndex);
    const ns = this.#netns(`pod-${nodeIndex}-${host}`);
    const [eth0, veth] = createVethPair(
      { ns, name: 'eth0', mtu: 1450 },
      { ns: node.ns, name: `veth${host}`, mtu: 1450 },
    );
    setMaster(veth, node.cni0, { hairpin: options.hairpin ?? true });
    veth.setUp();
    ns.addAddress(eth0, cidr(`10.244.${nodeIndex}.${host}/24`));
    eth0.setUp();
    ns.addRoute({ destination: cidr('0.0.0.0/0'), gateway: ipv4(`10.244.${nodeIndex}.1`) });
    return { ns, address: ipv4(`10.244.${nodeIndex}.${host}`) };
  }

  /** Lets what is under way finish, and `milliseconds` of virtual time pass. */
  async settle(milliseconds = 0): Promise<void> {
    await this.clock.runUntil(() => false, milliseconds);
  }

  #netns(name: string): Netns {
    const ns = new Netns({ name, clock: this.clock, rng: this.rng });
    ns.lo.setUp();
    return ns;
  }

  #device(ns: Netns): EthernetDevice {
    const device: EthernetDevice = new EthernetDevice(ns, 'eth0', {
      transmit: (frame) => this.wire.transmit(device, frame),
    });
    this.wire.devices.push(device);
    return device;
  }

  #outsideHost(): Netns {
    const ns = this.#netns('outside');
    const eth0 = this.#device(ns);
    ns.addAddress(eth0, cidr('172.18.0.100/16'));
    eth0.setUp();
    return ns;
  }

  #node(index: number): TestNode {
    const ns = this.#netns(`node-${index}`);
    const address = ipv4(nodeAddress(index));
    const eth0 = this.#device(ns);
    ns.addAddress(eth0, cidr(`${nodeAddress(index)}/16`));
    eth0.setUp();
    ns.addRoute({ destination: cidr('0.0.0.0/0'), gateway: ipv4('172.18.0.100') });
    ns.sysctl.set('net.ipv4.ip_forward', 1);
    const flannel = createVxlan(ns, 'flannel.1', {
      vni: 1,
      local: address,
      device: eth0,
      learning: false,
      mac: flannelMac(index),
    });
    ns.addAddress(flannel, cidr(`10.244.${index}.0/32`));
    flannel.setUp();
    const cni0 = createBridge(ns, 'cni0', { mtu: 1450 });
    ns.addAddress(cni0, cidr(`10.244.${index}.1/24`));
    cni0.setUp();
    return { index, ns, eth0, cni0, flannel, address };
  }
}

/** What flannel programs for a peer: the ARP entry, the FDB entry, then the route. */
function introduce(node: TestNode, peer: TestNode): void {
  const vtep = ipv4(`10.244.${peer.index}.0`);
  node.ns.addNeighbour(node.flannel, vtep, flannelMac(peer.index));
  node.flannel.fdbAppend(flannelMac(peer.index), peer.address);
  node.ns.addRoute({
    destination: cidr(`10.244.${peer.index}.0/24`),
    gateway: vtep,
    link: node.flannel,
    onlink: true,
  });
}
