import type { IpAddress } from '../ip-address.ts';
import type { Link } from '../link/link.ts';

export interface ProxiedAddress {
  readonly link: Link;
  readonly address: IpAddress;
  readonly isRouter: boolean;
}

/** Addresses of others for which the node answers on a device (`ip neigh add proxy`; pneigh, net/core/neighbour.c). */
export class ProxiedAddresses {
  #entries: readonly ProxiedAddress[] = [];

  set(entry: ProxiedAddress): void {
    this.#entries = [...this.#without(entry), entry];
  }

  /** Whether it was there. */
  delete(entry: Pick<ProxiedAddress, 'link' | 'address'>): boolean {
    const before = this.#entries.length;
    this.#entries = this.#without(entry);
    return this.#entries.length < before;
  }

  find(link: Link, address: IpAddress): ProxiedAddress | undefined {
    return this.#entries.find((each) => each.link === link && each.address === address);
  }

  list(): readonly ProxiedAddress[] {
    return this.#entries;
  }

  removeLink(link: Link): void {
    this.#entries = this.#entries.filter((each) => each.link !== link);
  }

  #without({ link, address }: Pick<ProxiedAddress, 'link' | 'address'>): ProxiedAddress[] {
    return this.#entries.filter((each) => each.link !== link || each.address !== address);
  }
}
