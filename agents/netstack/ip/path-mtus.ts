import type { Route } from '../fib/route.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';

/** Destinations with an MTU of their own; the one that was learnt first gives way. */
const MAX_ENTRIES = 4096;

/** What a router said of the way to a destination. */
export interface PathMtu {
  readonly mtu: number;
  /** The path is smaller than we believe: packets of ours may be cut on it. */
  readonly isLocked: boolean;
  readonly expiresAt: number;
  /** The route that it was learnt on; it is worth nothing for another. */
  readonly route: Route;
}

/** What becomes of an MTU that a router tells, where `current` is believed now; undefined to ignore it. */
export type AdmitMtu = (mtu: number, current: number) => Pick<PathMtu, 'mtu' | 'isLocked'> | undefined;

/** The MTUs of paths as routers tell them (fnhe_pmtu, net/ipv4/route.c; rt6_insert_exception, net/ipv6/route.c). */
export class PathMtus {
  readonly #ns: Netns;
  readonly #lifetimeSetting: string;
  readonly #admit: AdmitMtu;
  readonly #entries = new Map<IpAddress, PathMtu>();

  /** `lifetimeSetting` names the sysctl that says for how many seconds they hold. */
  constructor(ns: Netns, lifetimeSetting: string, admit: AdmitMtu) {
    this.#ns = ns;
    this.#lifetimeSetting = lifetimeSetting;
    this.#admit = admit;
  }

  /** The longest packet of ours that gets to `destination` by `route` and its device. */
  limit(route: Route, link: Link, destination: IpAddress): number {
    const mtu = routeMtu(route, link);
    return Math.min(this.find(route, destination)?.mtu ?? mtu, mtu);
  }

  find(route: Route, destination: IpAddress): PathMtu | undefined {
    if (this.#entries.size === 0) return undefined;
    const found = this.#entries.get(destination);
    if (found === undefined || !leads(found.route, route)) return undefined;
    if (found.expiresAt > this.#ns.clock.now()) return found;
    this.#entries.delete(destination);
    return undefined;
  }

  /** Only ever makes a path smaller: a router that lies can do no more than that. */
  learn(route: Route, link: Link, destination: IpAddress, mtu: number): void {
    const current = this.limit(route, link, destination);
    if (route.mtuLocked || mtu > current) return;
    const admitted = this.#admit(mtu, current);
    if (admitted === undefined) return;
    const lifetime = this.#ns.sysctl.number(this.#lifetimeSetting) * 1000;
    this.#entries.delete(destination);
    this.#entries.set(destination, { ...admitted, route, expiresAt: this.#ns.clock.now() + lifetime });
    if (this.#entries.size > MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value!);
  }

  flush(): void {
    this.#entries.clear();
  }
}

/** The route's own limit within its device's. */
export function routeMtu({ mtu }: Route, link: Link): number {
  return mtu === undefined || mtu > link.mtu ? link.mtu : mtu;
}

function leads(learntOn: Route, route: Route): boolean {
  return learntOn === route || learntOn.paths?.some((path) => path.route === route) === true;
}
