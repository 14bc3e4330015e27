import {
  type Cidr,
  type Cidr6,
  contains,
  formatCidr,
  networkOf,
  type Prefix,
  parseCidr,
  parseCidr6,
} from '../netstack/cidr.ts';
import { bitsOf, type IpAddress, type IpVersion, parseIp } from '../netstack/ip-address.ts';
import type { Link } from '../netstack/link/link.ts';
import { createVxlan, type VxlanLink } from '../netstack/link/vxlan.ts';
import { formatMac, type Mac, randomMac } from '../netstack/mac.ts';
import { isNetError } from '../netstack/net-error.ts';
import type { Netns } from '../netstack/netns.ts';

/** Ethernet, IP, UDP and VXLAN around a frame. */
const OVERHEAD: Readonly<Record<IpVersion, number>> = { 4: 50, 6: 70 };
const VNI = 1;
const PORT = 8472;

export interface FlannelOptions {
  readonly host: Netns;
  /** Of the pods, and of the packets around theirs. */
  readonly version: IpVersion;
  /** The node's link on the underlay. */
  readonly underlay: Link;
  readonly nodeIp: string;
  /** The whole pod network. */
  readonly clusterCidr: string;
}

/** What another node told about itself: its share of the pod network and the VTEP in front of it. */
export interface FlannelLease {
  readonly podCidr: Prefix;
  readonly publicIp: IpAddress;
  readonly vtepMac: Mac;
}

/**
 * Flannel's VXLAN back end on one node for one family: the device `flannel.1`, or `flannel-v6.1`, and for each other node a route to its pods
 * over that node's VTEP. It enforces no policy. (flannel-io/flannel pkg/backend/vxlan)
 */
export class Flannel {
  readonly #options: FlannelOptions;
  readonly #vtepMac: Mac;
  readonly #cluster: Prefix;
  readonly #leases = new Map<string, FlannelLease>();
  #device: VxlanLink | undefined;
  #subnet: Prefix | undefined;

  constructor(options: FlannelOptions) {
    this.#options = options;
    this.#vtepMac = randomMac(options.host.rng);
    this.#cluster = this.shareOf(options.clusterCidr);
  }

  get version(): IpVersion {
    return this.#options.version;
  }

  /** A prefix of the back end's family, without host bits. */
  shareOf(text: string): Cidr | Cidr6 {
    const parsed = this.version === 6 ? parseCidr6(text) : parseCidr(text);
    if (!parsed) throw new Error(`not an IPv${this.version} prefix: ${JSON.stringify(text)}`);
    return { address: networkOf<IpAddress>(parsed), prefixLength: parsed.prefixLength } as Cidr | Cidr6;
  }

  /** Known before the device is there, so that the node can announce it at once. */
  get vtepMac(): string {
    return formatMac(this.#vtepMac);
  }

  get mtu(): number {
    return this.#options.underlay.mtu - OVERHEAD[this.version];
  }

  /** Brings the device and the masquerade rules up for this node's share. */
  start(subnet: Cidr | Cidr6): void {
    if (this.#device) return;
    const { host, underlay, nodeIp, version } = this.#options;
    const device = createVxlan(host, version === 6 ? `flannel-v6.${VNI}` : `flannel.${VNI}`, {
      vni: VNI,
      port: PORT,
      local: parseIp(nodeIp)!,
      device: underlay,
      learning: false,
      mac: this.#vtepMac,
      mtu: this.mtu,
    });
    device.setUp();
    host.addAddress(device, { ...subnet, prefixLength: bitsOf(subnet.address) } as Cidr | Cidr6);
    this.#device = device;
    this.#subnet = subnet;
    const rules = flannelRules(formatCidr(subnet), formatCidr(this.#cluster), version);
    const iptables = version === 6 ? host.ip6tables : host.iptables;
    const restored = iptables.restore(rules, { noflush: true });
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
    const cluster = this.#cluster;
    const own = this.#subnet;
    const inside = podCidr.prefixLength > cluster.prefixLength && contains(cluster, podCidr.address);
    return inside && own !== undefined && !overlap(own, podCidr);
  }
}

/** A VTEP has its node's first pod address. */
function vtepOf({ podCidr }: FlannelLease): IpAddress {
  return networkOf(podCidr);
}

function overlap(a: Prefix, b: Prefix): boolean {
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
export function flannelRules(subnet: string, cluster: string, version: IpVersion): string {
  const groups = version === 6 ? 'ff00::/8' : '224.0.0.0/4';
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
    `-A ${chain} -s ${cluster} ! -d ${groups} ${why} -j MASQUERADE --random-fully`,
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
