import { formatCidr, networkOf, type Prefix } from '../netstack/cidr.ts';
import { bitsOf, type IpAddress, isIpv6 } from '../netstack/ip-address.ts';
import { CniError, DUPLICATE_ADD, TRY_AGAIN_LATER } from './cni-plugin.ts';

/** Of a large subnet only so many addresses are handed out; the rest is never needed by one node. */
const MOST_ADDRESSES = 1 << 20;

/**
 * Addresses of one subnet, handed out in turn: the search starts after the address given last, so that one
 * which was just freed rests as long as possible (containernetworking/plugins host-local). The first address
 * is the gateway's. No address is ever held by two containers, and no container holds two.
 */
export class HostLocalIpam {
  readonly subnet: Prefix;
  readonly #byContainer = new Map<string, IpAddress>();
  readonly #taken = new Set<IpAddress>();
  readonly #isReserved: (address: IpAddress) => boolean;
  /** How many addresses there are for containers, and which of them was given last. */
  readonly #size: number;
  #last: number;

  /** `isReserved` names addresses that something outside still calls its own. */
  constructor(subnet: Prefix, isReserved: (address: IpAddress) => boolean = () => false) {
    this.subnet = { address: networkOf(subnet), prefixLength: subnet.prefixLength };
    this.#isReserved = isReserved;
    // Neither the network's own address, nor the gateway's, nor the broadcast address.
    const all = 2 ** (bitsOf(subnet.address) - subnet.prefixLength) - 3;
    this.#size = Math.max(0, Math.min(all, MOST_ADDRESSES));
    this.#last = this.#size - 1;
  }

  get gateway(): IpAddress {
    return this.#address(1);
  }

  allocate(containerId: string): IpAddress {
    if (this.#byContainer.has(containerId)) {
      throw new CniError(DUPLICATE_ADD, `container ${containerId} has an address already`);
    }
    for (let step = 1; step <= this.#size; step++) {
      const index = (this.#last + step) % this.#size;
      const address = this.#address(index + 2);
      if (this.#taken.has(address) || this.#isReserved(address)) continue;
      this.#taken.add(address);
      this.#byContainer.set(containerId, address);
      this.#last = index;
      return address;
    }
    throw new CniError(TRY_AGAIN_LATER, `no IP addresses available in ${formatCidr(this.subnet)}`);
  }

  release(containerId: string): void {
    const address = this.#byContainer.get(containerId);
    this.#byContainer.delete(containerId);
    if (address !== undefined) this.#taken.delete(address);
  }

  get inUse(): number {
    return this.#taken.size;
  }

  #address(offset: number): IpAddress {
    const { address } = this.subnet;
    return (isIpv6(address) ? address + BigInt(offset) : address + offset) as IpAddress;
  }
}
