import { type Cidr, cidr, contains, formatCidr, networkOf } from '../netstack/cidr.ts';
import { type Ipv4, ipv4 } from '../netstack/ipv4.ts';
import type { Link } from '../netstack/link/link.ts';
import { createVxlan, type VxlanLink } from '../netstack/link/vxlan.ts';
import { formatMac, type Mac, randomMac } from '../netstack/mac.ts';
import { isNetError } from '../netstack/net-error.ts';
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
  readonly podCidr: Cidr;
  readonly publicIp: Ipv4;
  readonly vtepMac: Mac;
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
  #subnet: Cidr | undefined;

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
    this.#subnet = subnet;
    const restored = host.iptables.restore(flannelRules(formatCidr(subnet), this.#options.clusterCidr), {
      noflush: true,
    });
    if (!restored.ok) throw new Error(`flannel's rules were refused: ${restored.error}`);
    for (const lease of this.#leases.values()) this.#connect(lease);
  }

  /**
   * Learns of another node, or of a change there. ARP entry, FDB entry, and the route last. A lease outside the
   * pod network, or over this node's own share, would take traffic that is not its own: it is left out.
   */
  setLease(node: string, lease: FlannelLease): void {
    const known = this.#leases.get(node);
    if (known && sameLease(known, lease)) return;
    if (known) this.removeLease(node);
    this.#leases.set(node, lease);
    this.#connect(lease);
  }

  removeLease(node: string): void {
    const lease = this.#leases.get(node);
    if (!lease) return;
    this.#leases.delete(node);
    const device = this.#device;
    if (!device || !this.#isPlausible(lease)) return;
    const { host } = this.#options;
    const { podCidr, publicIp, vtepMac } = lease;
    const vtep = vtepOf(lease);
    unlessGone(() => host.delRoute({ destination: podCidr, gateway: vtep, link: device }));
    unlessGone(() => device.fdbDelete(vtepMac, publicIp));
    unlessGone(() => host.delNeighbour(device, vtep));
    // Another node may claim the same share: its entries were in the way of these, or these of its.
    for (const other of this.#leases.values()) if (vtepOf(other) === vtep) this.#connect(other);
  }

  #connect(lease: FlannelLease): void {
    const device = this.#device;
    if (!device || !this.#isPlausible(lease)) return;
    const { host } = this.#options;
    const vtep = vtepOf(lease);
    unlessGone(() => {
      host.addNeighbour(device, vtep, lease.vtepMac);
      device.fdbReplace(lease.vtepMac, lease.publicIp);
      host.replaceRoute({ destination: lease.podCidr, gateway: vtep, link: device, onlink: true });
    });
  }

  #isPlausible({ podCidr }: FlannelLease): boolean {
    const cluster = cidr(this.#options.clusterCidr);
    const own = this.#subnet;
    const inside = podCidr.prefixLength > cluster.prefixLength && contains(cluster, podCidr.address);
    return inside && own !== undefined && !overlap(own, podCidr);
  }
}

/** A VTEP has its node's first pod address. */
function vtepOf({ podCidr }: FlannelLease): Ipv4 {
  return networkOf(podCidr);
}

function overlap(a: Cidr, b: Cidr): boolean {
  return contains(a, b.address) || contains(b, a.address);
}

/** Whoever administers the node may have taken a device or an entry away: then there is nothing to do. */
function unlessGone(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!isNetError(error)) throw error;
  }
}

function sameLease(a: FlannelLease, b: FlannelLease): boolean {
  return (
    a.publicIp === b.publicIp && a.vtepMac === b.vtepMac && formatCidr(a.podCidr) === formatCidr(b.podCidr)
  );
}

/** Pods leave the cluster under the node's address; among themselves nothing is translated. */
export function flannelRules(subnet: string, cluster: string): string {
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
