import { type Cidr, cidr, formatCidr, networkOf } from '../netstack/cidr.ts';
import { type Ipv4, ipv4 } from '../netstack/ipv4.ts';
import type { Link } from '../netstack/link/link.ts';
import { createVxlan, type VxlanLink } from '../netstack/link/vxlan.ts';
import { formatMac, type Mac, parseMac, randomMac } from '../netstack/mac.ts';
import type { Netns } from '../netstack/netns.ts';

export const VXLAN_OVERHEAD = 50;
const VNI = 1;
const PORT = 8472;

export interface FlannelOptions {
  readonly host: Netns;
  /** The node's link on the underlay. */
  readonly underlay: Link;
  readonly nodeIp: string;
  /** The whole pod network. */
  readonly clusterCidr: string;
}

/** What another node told about itself: its share of the pod network and the VTEP in front of it. */
export interface FlannelLease {
  readonly podCidr: string;
  readonly publicIp: string;
  readonly vtepMac: string;
}

/**
 * Flannel's VXLAN back end on one node: the device `flannel.1`, and for each other node a route to its pods
 * over that node's VTEP. It enforces no policy. (flannel-io/flannel pkg/backend/vxlan)
 */
export class Flannel {
  readonly #options: FlannelOptions;
  readonly #vtepMac: Mac;
  readonly #leases = new Map<string, FlannelLease>();
  #device: VxlanLink | undefined;

  constructor(options: FlannelOptions) {
    this.#options = options;
    this.#vtepMac = randomMac(options.host.rng);
  }

  /** Known before the device is there, so that the node can announce it at once. */
  get vtepMac(): string {
    return formatMac(this.#vtepMac);
  }

  get mtu(): number {
    return this.#options.underlay.mtu - VXLAN_OVERHEAD;
  }

  /** Brings the device and the masquerade rules up for this node's share. */
  start(podCidr: string): void {
    if (this.#device) return;
    const { host, underlay, nodeIp } = this.#options;
    const subnet = cidr(podCidr);
    const device = createVxlan(host, `flannel.${VNI}`, {
      vni: VNI,
      port: PORT,
      local: ipv4(nodeIp),
      device: underlay,
      learning: false,
      mac: this.#vtepMac,
      mtu: this.mtu,
    });
    host.addAddress(device, { address: networkOf(subnet), prefixLength: 32 });
    device.setUp();
    this.#device = device;
    const restored = host.iptables.restore(flannelRules(formatCidr(subnet), this.#options.clusterCidr), {
      noflush: true,
    });
    if (!restored.ok) throw new Error(`flannel's rules were refused: ${restored.error}`);
    for (const lease of this.#leases.values()) this.#connect(lease);
  }

  /** Learns of another node, or of a change there. ARP entry, FDB entry, and the route last. */
  setLease(node: string, lease: FlannelLease): void {
    const known = this.#leases.get(node);
    if (known && sameLease(known, lease)) return;
    if (known) this.removeLease(node);
    this.#leases.set(node, lease);
    if (this.#device) this.#connect(lease);
  }

  removeLease(node: string): void {
    const lease = this.#leases.get(node);
    if (!lease) return;
    this.#leases.delete(node);
    const device = this.#device;
    const mac = parseMac(lease.vtepMac);
    if (!device || mac === undefined) return;
    const { host } = this.#options;
    const { subnet, vtep } = addressesOf(lease);
    host.delRoute({ destination: subnet, gateway: vtep, link: device });
    device.fdbDelete(mac, ipv4(lease.publicIp));
    host.delNeighbour(device, vtep);
  }

  #connect(lease: FlannelLease): void {
    const device = this.#device;
    const mac = parseMac(lease.vtepMac);
    if (!device || mac === undefined) return;
    const { host } = this.#options;
    const { subnet, vtep } = addressesOf(lease);
    host.addNeighbour(device, vtep, mac);
    device.fdbAppend(mac, ipv4(lease.publicIp));
    host.replaceRoute({ destination: subnet, gateway: vtep, link: device, onlink: true });
  }
}

/** A VTEP has its node's first pod address. */
function addressesOf(lease: FlannelLease): { subnet: Cidr; vtep: Ipv4 } {
  const subnet = cidr(lease.podCidr);
  return { subnet, vtep: networkOf(subnet) };
}

function sameLease(a: FlannelLease, b: FlannelLease): boolean {
  return a.podCidr === b.podCidr && a.publicIp === b.publicIp && a.vtepMac === b.vtepMac;
}

/** Pods leave the cluster under the node's address; among themselves nothing is translated. */
function flannelRules(subnet: string, cluster: string): string {
  const chain = 'FLANNEL-POSTRTG';
  const why = '-m comment --comment "flanneld masq"';
  return [
    '*nat',
    `:${chain} - [0:0]`,
    `-A POSTROUTING ${why} -j ${chain}`,
    `-A ${chain} -m mark --mark 0x4000/0x4000 ${why} -j RETURN`,
    `-A ${chain} -s ${subnet} -d ${cluster} ${why} -j RETURN`,
    `-A ${chain} -s ${cluster} -d ${subnet} ${why} -j RETURN`,
    `-A ${chain} ! -s ${cluster} -d ${subnet} ${why} -j RETURN`,
    `-A ${chain} -s ${cluster} ! -d 224.0.0.0/4 ${why} -j MASQUERADE --random-fully`,
    `-A ${chain} ! -s ${cluster} -d ${cluster} ${why} -j MASQUERADE --random-fully`,
    'COMMIT',
    '*filter',
    ':FLANNEL-FWD - [0:0]',
    '-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD',
    `-A FLANNEL-FWD -s ${cluster} -m comment --comment "flanneld forward" -j ACCEPT`,
    `-A FLANNEL-FWD -d ${cluster} -m comment --comment "flanneld forward" -j ACCEPT`,
    'COMMIT',
    '',
  ].join('\n');
}
