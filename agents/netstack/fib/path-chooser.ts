import { ipConfOf } from '../ip/ip-conf.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { type FlowIdentity, receivedFlow } from './flow-identity.ts';
import type { Route, RoutePath } from './route.ts';

/** Chooses the next hop of a multipath route: the same for all packets of a flow, while the same hops are alive. */
export class PathChooser {
  readonly #ns: Netns;
  #seed: number | undefined;

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /** The way that a received packet takes: the route itself unless it has several next hops. */
  forReceived(route: Route, packet: Packet): Route {
    return route.paths === undefined ? route : this.choose(route.paths, receivedFlow(packet));
  }

  /** fib_select_multipath: each living hop has the part of all hashes that its weight is of all weights. */
  choose<Address extends IpAddress>(
    paths: readonly RoutePath<Address>[],
    flow: FlowIdentity,
  ): Route<Address> {
    const alive = paths.filter(isAlive);
    const usable = alive.length > 0 ? alive : paths;
    const total = usable.reduce((sum, { weight }) => sum + weight, 0);
    let left = (this.#hash(flow) / 2 ** 32) * total;
    for (const { route, weight } of usable) {
      left -= weight;
      if (left < 0) return route;
    }
    return usable[0]!.route;
  }

  /** Both directions of a flow are one (__flow_hash_consistentify, net/core/flow_dissector.c). */
  #hash({ source, destination, protocol, sourcePort, destinationPort }: FlowIdentity): number {
    const { sysctl, rng } = this.#ns;
    this.#seed ??= rng.int(2 ** 32);
    const isForward = source < destination || (source === destination && sourcePort <= destinationPort);
    let hash = mixAddress(this.#seed, isForward ? source : destination);
    hash = mixAddress(hash, isForward ? destination : source);
    const family = isIpv6(destination) ? 'ipv6' : 'ipv4';
    if (sysctl.number(`net.${family}.fib_multipath_hash_policy`) === 0) return finish(hash);
    hash = mix(hash, protocol);
    const [low, high] = isForward ? [sourcePort, destinationPort] : [destinationPort, sourcePort];
    return finish(mix(hash, (low << 16) | high));
  }
}

/** RTNH_F_DEAD; RTNH_F_LINKDOWN counts only where the device's setting says so. */
function isAlive({ route: { link, destination } }: RoutePath): boolean {
  if (!link?.up) return false;
  const { ignoresLinkdown, ignoresLinkdown6 } = ipConfOf(link);
  return link.carrier || !(isIpv6(destination) ? ignoresLinkdown6 : ignoresLinkdown);
}

function mixAddress(hash: number, address: IpAddress): number {
  if (!isIpv6(address)) return mix(hash, address);
  for (let shift = 0n; shift < 128n; shift += 32n) hash = mix(hash, Number((address >> shift) & 0xffffffffn));
  return hash;
}

/** MurmurHash3's round, and its last steps. */
function mix(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
