import { parsePrefix } from '../netstack/cidr.ts';
import { type IpAddress, parseIp } from '../netstack/ip-address.ts';
import type { Netns } from '../netstack/netns.ts';
import { BridgePlugin } from './bridge-plugin.ts';
import {
  type CniArguments,
  CniError,
  type CniPlugin,
  type CniResult,
  TRY_AGAIN_LATER,
} from './cni-plugin.ts';
import type { Flannel } from './flannel.ts';
import { HostLocalIpam } from './host-local-ipam.ts';
import { PortmapPlugin } from './portmap-plugin.ts';

/** A node's network as Flannel sets it up: ready once the node has its share of the pod network. */
export class NodeCni implements CniPlugin {
  readonly #host: Netns;
  readonly #flannels: readonly Flannel[];
  /** Addresses that the API still shows for pods of this node's earlier life, by pod. */
  readonly #reserved = new Map<string, readonly IpAddress[]>();
  /** The same, by address: how many pods show it. */
  readonly #reservations = new Map<IpAddress, number>();
  readonly #portmap: PortmapPlugin;
  #bridge: BridgePlugin | undefined;

  /** One back end for each family of the cluster. */
  constructor(host: Netns, flannels: readonly Flannel[]) {
    this.#host = host;
    this.#portmap = new PortmapPlugin(host);
    this.#flannels = flannels;
  }

  get ready(): boolean {
    return this.#bridge !== undefined;
  }

  /** `podCidrs` in the order of the back ends; throws for what is no prefix of their family. */
  start(podCidrs: readonly string[]): void {
    if (this.#bridge) return;
    const shares = this.#flannels.map((flannel, index) => flannel.shareOf(podCidrs[index] ?? ''));
    for (const [index, flannel] of this.#flannels.entries()) flannel.start(shares[index]!);
    this.#bridge = new BridgePlugin({
      host: this.#host,
      bridge: 'cni0',
      mtu: Math.min(...this.#flannels.map(({ mtu }) => mtu)),
      ipams: shares.map((share) => new HostLocalIpam(share, (address) => this.#reservations.has(address))),
    });
  }

  /** Keeps addresses from being given out until `unreserve`. */
  reserve(pod: string, addresses: readonly string[]): void {
    this.unreserve(pod);
    const parsed = addresses.map(parseIp).filter((address) => address !== undefined);
    this.#reserved.set(pod, parsed);
    for (const each of parsed) this.#reservations.set(each, (this.#reservations.get(each) ?? 0) + 1);
  }

  unreserve(pod: string): void {
    for (const address of this.#reserved.get(pod) ?? []) {
      const others = (this.#reservations.get(address) ?? 1) - 1;
      if (others > 0) this.#reservations.set(address, others);
      else this.#reservations.delete(address);
    }
    this.#reserved.delete(pod);
  }

  add(args: CniArguments): CniResult {
    if (!this.#bridge) throw new CniError(TRY_AGAIN_LATER, 'the node has no pod CIDR yet');
    const result = this.#bridge.add(args);
    try {
      this.#portmap.add(
        args,
        result.ips.map(({ address }) => parsePrefix(address)!),
      );
    } catch (error) {
      this.del(args);
      throw error;
    }
    return result;
  }

  del(args: CniArguments): void {
    this.#portmap.del(args.containerId);
    this.#bridge?.del(args);
  }
}
