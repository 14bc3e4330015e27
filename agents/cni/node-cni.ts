import { cidr } from '../netstack/cidr.ts';
import { type Ipv4, parseIpv4 } from '../netstack/ipv4.ts';
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

/** A node's network as Flannel sets it up: ready once the node has its share of the pod network. */
export class NodeCni implements CniPlugin {
  readonly #host: Netns;
  readonly #flannel: Flannel;
  /** Addresses that the API still shows for pods of this node's earlier life, by pod. */
  readonly #reserved = new Map<string, Ipv4>();
  /** The same, by address: how many pods show it. */
  readonly #reservations = new Map<Ipv4, number>();
  #bridge: BridgePlugin | undefined;

  constructor(host: Netns, flannel: Flannel) {
    this.#host = host;
    this.#flannel = flannel;
  }

  get ready(): boolean {
    return this.#bridge !== undefined;
  }

  start(podCidr: string): void {
    if (this.#bridge) return;
    this.#flannel.start(podCidr);
    this.#bridge = new BridgePlugin({
      host: this.#host,
      bridge: 'cni0',
      mtu: this.#flannel.mtu,
      ipam: new HostLocalIpam(cidr(podCidr), (address) => this.#reservations.has(address)),
    });
  }

  /** Keeps an address from being given out until `unreserve`. */
  reserve(pod: string, address: string): void {
    const parsed = parseIpv4(address);
    this.unreserve(pod);
    if (parsed === undefined) return;
    this.#reserved.set(pod, parsed);
    this.#reservations.set(parsed, (this.#reservations.get(parsed) ?? 0) + 1);
  }

  unreserve(pod: string): void {
    const address = this.#reserved.get(pod);
    if (address === undefined) return;
    this.#reserved.delete(pod);
    const others = (this.#reservations.get(address) ?? 1) - 1;
    if (others > 0) this.#reservations.set(address, others);
    else this.#reservations.delete(address);
  }

  add(args: CniArguments): CniResult {
    if (!this.#bridge) throw new CniError(TRY_AGAIN_LATER, 'the node has no pod CIDR yet');
    return this.#bridge.add(args);
  }

  del(args: CniArguments): void {
    this.#bridge?.del(args);
  }
}
