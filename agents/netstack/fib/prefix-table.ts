import type { IpAddress } from '../ip-address.ts';
import type { AddressSpace } from './address-space.ts';
import type { Route } from './route.ts';

/** One routing table: by longest prefix, within a prefix by metric. */
export class PrefixTable<Address extends IpAddress> {
  readonly #space: AddressSpace<Address>;
  readonly #byLength: (Map<Address, Route<Address>[]> | undefined)[];
  /** The prefix lengths in use, longest first. */
  #lengths: number[] = [];

  constructor(space: AddressSpace<Address>) {
    this.#space = space;
    this.#byLength = new Array(space.bits + 1);
  }

  lookup(destination: Address, accept?: (route: Route<Address>) => boolean): Route<Address> | undefined {
    for (const length of this.#lengths) {
      const routes = this.#byLength[length]!.get(this.#space.network(destination, length));
      const route = accept === undefined ? routes?.[0] : routes?.find(accept);
      if (route) return route;
    }
    return undefined;
  }

  add(route: Route<Address>): boolean {
    let map = this.#byLength[route.prefixLength];
    if (!map) {
      map = new Map();
      this.#byLength[route.prefixLength] = map;
    }
    const routes = map.get(route.destination) ?? [];
    const clashes = (other: Route<Address>): boolean =>
      other.metric === route.metric && !this.#space.mayStandBeside(route, other);
    if (routes.some(clashes)) return false;
    routes.push(route);
    routes.sort((a, b) => a.metric - b.metric);
    map.set(route.destination, routes);
    this.#index();
    return true;
  }

  remove(route: Route<Address>): boolean {
    const map = this.#byLength[route.prefixLength];
    const routes = map?.get(route.destination);
    const at = routes?.indexOf(route) ?? -1;
    if (!map || !routes || at < 0) return false;
    routes.splice(at, 1);
    if (routes.length === 0) map.delete(route.destination);
    this.#index();
    return true;
  }

  get isEmpty(): boolean {
    return this.#lengths.length === 0;
  }

  of(address: Address, prefixLength: number): readonly Route<Address>[] {
    return this.#byLength[prefixLength]?.get(this.#space.network(address, prefixLength)) ?? [];
  }

  all(): Route<Address>[] {
    return this.#byLength.flatMap((map) => (map ? [...map.values()].flat() : []));
  }

  #index(): void {
    this.#lengths = [];
    for (let length = this.#space.bits; length >= 0; length--)
      if (this.#byLength[length]?.size) this.#lengths.push(length);
  }
}
