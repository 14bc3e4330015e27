import { cidr } from '../netstack/cidr.ts';
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
      ipam: new HostLocalIpam(cidr(podCidr)),
    });
  }

  add(args: CniArguments): CniResult {
    if (!this.#bridge) throw new CniError(TRY_AGAIN_LATER, 'the node has no pod CIDR yet');
    return this.#bridge.add(args);
  }

  del(args: CniArguments): void {
    this.#bridge?.del(args);
  }
}
