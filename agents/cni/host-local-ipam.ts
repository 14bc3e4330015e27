import { broadcastOf, type Cidr, formatCidr, networkOf } from '../netstack/cidr.ts';
import type { Ipv4 } from '../netstack/ipv4.ts';
import { CniError, DUPLICATE_ADD, TRY_AGAIN_LATER } from './cni-plugin.ts';

/**
 * Addresses of one subnet, handed out in turn: the search starts after the address given last, so that one
 * which was just freed rests as long as possible (containernetworking/plugins host-local). The first address
 * is the gateway's. No address is ever held by two containers, and no container holds two.
 */
export class HostLocalIpam {
  readonly #subnet: Cidr;
  readonly #byContainer = new Map<string, Ipv4>();
  readonly #taken = new Set<Ipv4>();
  readonly #isReserved: (address: Ipv4) => boolean;
  #last: number;

  /** `isReserved` names addresses that something outside still calls its own. */
  constructor(subnet: Cidr, isReserved: (address: Ipv4) => boolean = () => false) {
    this.#subnet = subnet;
    this.#isReserved = isReserved;
    this.#last = this.gateway;
  }

  get subnet(): Cidr {
    return this.#subnet;
  }

  get gateway(): Ipv4 {
    return (networkOf(this.#subnet) + 1) as Ipv4;
  }

  allocate(containerId: string): Ipv4 {
    if (this.#byContainer.has(containerId)) {
      throw new CniError(DUPLICATE_ADD, `container ${containerId} has an address already`);
    }
    const first = this.gateway + 1;
    const size = broadcastOf(this.#subnet) - first;
    for (let step = 1; step <= size; step++) {
      const address = (first + ((this.#last - first + step) % size)) as Ipv4;
      if (this.#taken.has(address) || this.#isReserved(address)) continue;
      this.#taken.add(address);
      this.#byContainer.set(containerId, address);
      this.#last = address;
      return address;
    }
    throw new CniError(TRY_AGAIN_LATER, `no IP addresses available in ${formatCidr(this.#subnet)}`);
  }

  release(containerId: string): void {
    const address = this.#byContainer.get(containerId);
    this.#byContainer.delete(containerId);
    if (address !== undefined) this.#taken.delete(address);
  }

  get inUse(): number {
    return this.#taken.size;
  }
}
