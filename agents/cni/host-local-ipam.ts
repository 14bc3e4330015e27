import { broadcastOf, type Cidr, networkOf } from '../netstack/cidr.ts';
import { formatIpv4, type Ipv4 } from '../netstack/ipv4.ts';
import { CniError, TRY_AGAIN_LATER } from './cni-plugin.ts';

/**
 * Addresses of one subnet, handed out in turn: the search starts after the address given last, so that one
 * which was just freed rests as long as possible (containernetworking/plugins host-local). The first address
 * is the gateway's. No address is ever held by two containers.
 */
export class HostLocalIpam {
  readonly #subnet: Cidr;
  readonly #holders = new Map<Ipv4, string>();
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
    const first = this.gateway + 1;
    const size = broadcastOf(this.#subnet) - first;
    for (let step = 1; step <= size; step++) {
      const address = (first + ((this.#last - first + step) % size)) as Ipv4;
      if (this.#holders.has(address) || this.#isReserved(address)) continue;
      this.#holders.set(address, containerId);
      this.#last = address;
      return address;
    }
    throw new CniError(
      TRY_AGAIN_LATER,
      `no IP addresses available in ${formatIpv4(networkOf(this.#subnet))}`,
    );
  }

  release(holder: string): void {
    for (const [address, present] of this.#holders) if (present === holder) this.#holders.delete(address);
  }

  get inUse(): number {
    return this.#holders.size;
  }
}
