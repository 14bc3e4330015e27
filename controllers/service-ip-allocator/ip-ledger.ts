import { isAlreadyExists, isNotFound } from '../../client/api-error.ts';
import type { RestClient } from '../../client/rest-client.ts';
import type { IPAddress } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { Rng } from '../../platform/rng.ts';
import { addressAt, type Cidr, cidrContains, cidrSize } from '../runtime/cidr.ts';

export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
}

const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';
const FAMILY = 'ipaddress.kubernetes.io/ip-family';
const MOST_ADDRESSES = 1 << 20;
/** Random picks before the range is searched from end to end. */
const RANDOM_TRIES = 32;

/**
 * Service addresses, booked as IPAddress objects: creating the object named after an address is the one
 * atomic claim, so several allocators can never give out the same twice (KEP-1880).
 */
export class IpLedger {
  readonly #client: RestClient;
  readonly #range: Cidr;
  readonly #rng: Rng;
  /** Whether an address is known to be booked; may lag behind the API server. */
  readonly #isBooked: (address: string) => boolean;

  constructor(client: RestClient, range: Cidr, rng: Rng, isBooked: (address: string) => boolean) {
    this.#client = client;
    this.#range = range;
    this.#rng = rng;
    this.#isBooked = isBooked;
  }

  contains(address: string): boolean {
    return cidrContains(this.#range, address);
  }

  /** Books one address; false if somebody else has it. Booking again for the same Service is fine. */
  async claim(address: string, owner: ServiceReference): Promise<boolean> {
    try {
      await this.#client.create(resources.ipaddresses, booking(address, owner));
      return true;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return this.#isOwnedBy(address, owner);
    }
  }

  /** Books a free address, or answers undefined when the range is full. */
  async allocate(owner: ServiceReference): Promise<string | undefined> {
    for (const address of this.candidates()) {
      if (!this.#isBooked(address) && (await this.claim(address, owner))) return address;
    }
    return undefined;
  }

  /** A free address without booking it, for dry runs. */
  peek(): string | undefined {
    for (const address of this.candidates()) if (!this.#isBooked(address)) return address;
    return undefined;
  }

  async release(address: string): Promise<void> {
    await this.#client.delete(resources.ipaddresses, address).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
  }

  /**
   * Addresses in the order they should be tried: by chance in the upper band, then the rest of it, then the
   * lower band, which is kept for those who choose their own address (KEP-3070).
   */
  *candidates(): Generator<string> {
    const range = this.#range;
    // Neither the network's own address nor, of IPv4, the broadcast address; of a large range a part is enough.
    const usable = Math.min(Number(cidrSize(range)) - 2, MOST_ADDRESSES);
    const band = usable < 16 ? 0 : Math.min(Math.max(16, Math.floor(usable / 16)), 256);
    const upper = usable - band;
    for (let attempt = 0; attempt < RANDOM_TRIES; attempt++) {
      yield addressAt(range, 1 + band + this.#rng.int(upper));
    }
    for (let offset = 0; offset < upper; offset++) yield addressAt(range, 1 + band + offset);
    for (let offset = 0; offset < band; offset++) yield addressAt(range, 1 + offset);
  }

  async #isOwnedBy(address: string, owner: ServiceReference): Promise<boolean> {
    try {
      const { spec } = await this.#client.get(resources.ipaddresses, address);
      return spec?.parentRef?.namespace === owner.namespace && spec?.parentRef?.name === owner.name;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}

function booking(address: string, { namespace, name }: ServiceReference): IPAddress {
  return {
    metadata: {
      name: address,
      labels: { [FAMILY]: address.includes(':') ? 'IPv6' : 'IPv4', [MANAGED_BY]: 'ipallocator.k8s.io' },
    },
    spec: { parentRef: { group: '', resource: 'services', namespace, name } },
  };
}
