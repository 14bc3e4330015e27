import { broadcastOf, type Cidr, type Cidr6, cidr, cidr6, networkOf, type Prefix } from './cidr.ts';
import { Conntrack } from './conntrack/conntrack.ts';
import { NatHooks } from './conntrack/nat-hooks.ts';
import { DropCounters, type DropReason } from './drop-reason.ts';
import type { NetClock, NetRng } from './environment.ts';
import { IPV4_SPACE, IPV6_SPACE } from './fib/address-space.ts';
import { Fib } from './fib/fib.ts';
import { PathChooser } from './fib/path-chooser.ts';
import { type Route, usesLink } from './fib/route.ts';
import { hasNextHops, type RouteSpec, resolveRoute, tableOf } from './fib/route-spec.ts';
import type { RouteKey } from './fib/routing-rule.ts';
import { FlowTable } from './flow/flow-table.ts';
import { EchoSockets } from './ip/echo-sockets.ts';
import { Icmp } from './ip/icmp.ts';
import { IpLayer } from './ip/ip-layer.ts';
import type { IpProtocol } from './ip/ip-protocol.ts';
import { type IpAddress, type IpVersion, isIpv6 } from './ip-address.ts';
import { addressPosition } from './ip6/address-position.ts';
import { Icmp6 } from './ip6/icmp6.ts';
import { Ip6Layer } from './ip6/ip6-layer.ts';
import { linkLocalOf } from './ip6/link-local.ts';
import { IpSets } from './ipset/ip-sets.ts';
import { Iptables } from './iptables/iptables.ts';
import { isLoopback } from './ipv4.ts';
import { ANY_IPV6, type Ipv6, isLinkLocal6, isLoopback6 } from './ipv6.ts';
import { Ipvs } from './ipvs/ipvs.ts';
import type { Link, LinkAddress } from './link/link.ts';
import { LoopbackLink } from './link/loopback.ts';
import type { Mac } from './mac.ts';
import { NeighbourTable } from './neigh/neighbour-table.ts';
import { NetError } from './net-error.ts';
import { Hooks } from './netfilter/hooks.ts';
import { Accounts } from './nfacct/accounts.ts';
import { Nftables } from './nftables/nftables.ts';
import type { Packet } from './packet.ts';
import { type Softirq, softirqOf } from './softirq.ts';
import { Sysctls } from './sysctl.ts';
import { TcpStack } from './tcp/tcp-stack.ts';
import { UdpStack } from './udp/udp-stack.ts';

/** Links in one namespace; a further one is refused with ENOBUFS. */
const MAX_LINKS = 4096;

export interface NetnsOptions {
  readonly name: string;
  readonly clock: NetClock;
  readonly rng: NetRng;
}

/**
 * A Linux network namespace: links, addresses, routes, neighbours, netfilter and sockets. It starts as the
 * kernel makes one, with `lo` down; `ns.lo.setUp()` gives it 127.0.0.1. Typical use:
 *
 *     const ns = new Netns({ name: 'pod', clock, rng });
 *     ns.lo.setUp();
 *     const [eth0] = createVethPair({ ns, name: 'eth0' }, { ns: node, name: 'veth1' });
 *     ns.addAddress(eth0, cidr('10.244.1.2/24'));
 *     eth0.setUp();
 *     ns.addRoute({ destination: cidr('0.0.0.0/0'), gateway: ipv4('10.244.1.1') });
 *
 * Mistakes of the caller throw NetError with an errno code; packets never throw, they are dropped and counted
 * in `drops`.
 */
export class Netns {
  readonly name: string;
  readonly clock: NetClock;
  readonly rng: NetRng;
  readonly softirq: Softirq;
  readonly drops = new DropCounters();
  /** Grows with every change that may change what becomes of a packet; see `changed`. */
  generation = 0;
  readonly sysctl = new Sysctls((name) => this.#onSetting(name));
  readonly hooks: Hooks;
  readonly hooks6: Hooks;
  readonly fib = new Fib(IPV4_SPACE, () => this.changed());
  readonly fib6 = new Fib(IPV6_SPACE, () => this.changed());
  readonly paths = new PathChooser(this);
  readonly neighbours: NeighbourTable;
  readonly conntrack: Conntrack;
  readonly nat: NatHooks;
  readonly nat6: NatHooks;
  readonly ipsets: IpSets;
  readonly accounts = new Accounts(this);
  readonly iptables: Iptables;
  readonly ip6tables: Iptables;
  readonly nftables: Nftables;
  readonly ipvs: Ipvs;
  readonly flows: FlowTable;
  readonly ip: IpLayer;
  readonly ip6: Ip6Layer;
  readonly echo = new EchoSockets(this);
  readonly icmp: Icmp;
  readonly icmp6: Icmp6;
  readonly tcp: TcpStack;
  readonly udp: UdpStack;
  readonly lo: LoopbackLink;
  /** Called with every dropped packet, for those who explain; unset costs nothing. */
  onDrop: ((packet: Packet, reason: DropReason) => void) | undefined;
  readonly #links = new Map<number, Link>();
  readonly #byName = new Map<string, Link>();
  readonly #localAddresses = new Map<IpAddress, number>();
  #nextIfindex = 1;
  #deleted = false;

  constructor(options: NetnsOptions) {
    this.name = options.name;
    this.clock = options.clock;
    this.rng = options.rng;
    this.softirq = softirqOf(options.clock);
    this.hooks = new Hooks(this);
    this.hooks6 = new Hooks(this);
    this.neighbours = new NeighbourTable(this);
    this.conntrack = new Conntrack(this);
    this.nat = new NatHooks(this, 4);
    this.nat6 = new NatHooks(this, 6);
    this.ipsets = new IpSets(this);
    this.iptables = new Iptables(this, 4);
    this.ip6tables = new Iptables(this, 6);
    this.nftables = new Nftables(this);
    this.ipvs = new Ipvs(this);
    this.flows = new FlowTable(this);
    this.ip = new IpLayer(this);
    this.ip6 = new Ip6Layer(this);
    this.icmp = new Icmp(this);
    this.icmp6 = new Icmp6(this);
    this.udp = new UdpStack(this);
    this.tcp = new TcpStack(this);
    this.lo = new LoopbackLink(this);
  }

  /**
   * To be called with every change of a rule, a set, a route, an address, a device or a setting: what the fast
   * path remembers was decided before it.
   */
  changed(): void {
    this.generation++;
  }

  /** What depends on the version of IP. */
  ipFor(address: IpAddress): IpProtocol {
    return isIpv6(address) ? this.ip6 : this.ip;
  }

  hooksFor(version: IpVersion): Hooks {
    return version === 6 ? this.hooks6 : this.hooks;
  }

  /** The route to an address of either family. */
  lookup(address: IpAddress, key?: RouteKey): Route | undefined {
    return isIpv6(address) ? this.fib6.lookup(address, key) : this.fib.lookup(address, key);
  }

  /** What an address is to this node, whatever the rules of routing say. */
  lookupOwn(address: IpAddress): Route | undefined {
    return isIpv6(address) ? this.fib6.lookupOwn(address) : this.fib.lookupOwn(address);
  }

  links(): Link[] {
    return [...this.#links.values()];
  }

  link(name: string): Link | undefined {
    return this.#byName.get(name);
  }

  linkByIndex(ifindex: number): Link | undefined {
    return this.#links.get(ifindex);
  }

  /** For Link's constructor. */
  registerLink(link: Link): number {
    if (this.#byName.has(link.name)) throw new NetError('EEXIST', 'File exists');
    if (this.#links.size >= MAX_LINKS) throw new NetError('ENOBUFS', 'too many links');
    if (!/^[^\s/]{1,15}$/.test(link.name)) throw new NetError('EINVAL', `not a device name: ${link.name}`);
    const ifindex = this.#nextIfindex++;
    this.#links.set(ifindex, link);
    this.#byName.set(link.name, link);
    return ifindex;
  }

  setLinkUp(link: Link): void {
    if (link.up || link.deleted) return;
    link.up = true;
    this.changed();
    link.onCarrier();
    if (link === this.lo && link.addresses.length === 0) this.addAddress(link, cidr('127.0.0.1/8'));
    for (const address of link.addresses) this.#addAddressRoutes(link, address);
    if (this.speaksIpv6(link)) this.#startIpv6(link);
  }

  #startIpv6(link: Link): void {
    if (link === this.lo && link.addresses6.length === 0) this.addAddress(link, cidr6('::1/128'));
    else for (const address of link.addresses6) this.#addAddressRoutes6(link, address);
    if (link !== this.lo) this.#addLinkLocal(link);
  }

  /** A device that is told not to speak IPv6 has no addresses of it (addrconf_ifdown). */
  #stopIpv6(link: Link): void {
    for (const address of [...link.addresses6]) this.delAddress(link, address);
    this.fib6.removeLink(link);
  }

  /** Whether a device speaks IPv6 (net.ipv6.conf.*.disable_ipv6). */
  speaksIpv6(link: Link): boolean {
    return this.sysctl.perLink(link.name, 'disable_ipv6', 'ipv6') === 0;
  }

  /** Flushes the link's routes and neighbours, as fib_disable_ip, addrconf_ifdown and neigh_ifdown do. */
  setLinkDown(link: Link): void {
    if (!link.up) return;
    link.up = false;
    this.changed();
    link.onCarrier();
    link.master?.portDown(link);
    this.fib.removeLink(link);
    this.fib6.removeLink(link);
    this.neighbours.removeLink(link);
    const keepsNothing = this.sysctl.perLink(link.name, 'keep_addr_on_down', 'ipv6') <= 0;
    if (keepsNothing) for (const address of [...link.addresses6]) this.delAddress(link, address);
  }

  deleteLink(link: Link): void {
    if (link.deleted || link === this.lo) return;
    this.setLinkDown(link);
    link.deleted = true;
    this.changed();
    for (const address of [...link.addresses, ...link.addresses6]) {
      this.delAddress(link, address);
      if (!this.isLocalAddress(address.address)) this.tcp.abortLocal(address.address);
    }
    this.fib.removeLink(link, true);
    this.fib6.removeLink(link, true);
    this.neighbours.removeLink(link);
    link.setNetem(undefined);
    link.master?.removePort(link);
    link.onDelete();
    this.#links.delete(link.ifindex);
    this.#byName.delete(link.name);
  }

  /** Adds an address with the routes that the kernel adds by itself (fib_add_ifaddr, addrconf.c). */
  addAddress(link: Link, prefix: Cidr | Cidr6): void {
    const held: readonly Prefix[] = isIpv6(prefix.address) ? link.addresses6 : link.addresses;
    const isKnown =
      this.#localAddresses.has(prefix.address) &&
      held.some(
        (other) =>
          other.address === prefix.address &&
          (isIpv6(prefix.address) || other.prefixLength === prefix.prefixLength),
      );
    if (isKnown) throw new NetError('EEXIST', 'File exists');
    if (isIpv6(prefix.address)) this.#addAddress6(link, prefix as Cidr6);
    else this.#addAddress4(link, prefix as Cidr);
    this.#localAddresses.set(prefix.address, (this.#localAddresses.get(prefix.address) ?? 0) + 1);
    this.changed();
  }

  #addAddress6(link: Link, prefix: Cidr6): void {
    if (!this.speaksIpv6(link)) throw new NetError('EACCES', 'Permission denied');
    const { address } = prefix;
    const scope = isLoopback6(address) ? 'host' : isLinkLocal6(address) ? 'link' : 'global';
    const added = { ...prefix, scope, broadcast: undefined, secondary: false } as const;
    link.addresses6.splice(addressPosition(link.addresses6, address), 0, added);
    this.#addAddressRoutes6(link, added);
  }

  #addAddress4(link: Link, prefix: Cidr): void {
    const address: LinkAddress = {
      ...prefix,
      scope: isLoopback(prefix.address) ? 'host' : 'global',
      broadcast: undefined,
      secondary:
        prefix.prefixLength < 32 &&
        link.addresses.some(
          (other) => other.prefixLength === prefix.prefixLength && networkOf(other) === networkOf(prefix),
        ),
    };
    link.addresses.push(address);
    this.#addAddressRoutes(link, address);
  }

  delAddress(link: Link, prefix: Prefix): void {
    const held: Prefix[] = isIpv6(prefix.address) ? link.addresses6 : link.addresses;
    const at = held.findIndex(
      (other) => other.address === prefix.address && other.prefixLength === prefix.prefixLength,
    );
    if (at < 0) throw new NetError('EADDRNOTAVAIL', 'Cannot assign requested address');
    held.splice(at, 1);
    this.changed();
    const holders = (this.#localAddresses.get(prefix.address) ?? 1) - 1;
    if (holders > 0) this.#localAddresses.set(prefix.address, holders);
    else this.#localAddresses.delete(prefix.address);
    if (isIpv6(prefix.address)) this.#removeAddressRoutes6(link, prefix as Cidr6);
    else this.#removeAddressRoutes(link, prefix as Cidr);
    if (holders <= 0) this.conntrack.forgetMasquerade(prefix.address);
  }

  /** Whether some link holds the address: not the same as a route of type local. */
  isLocalAddress(address: number | bigint): boolean {
    return this.#localAddresses.has(address as IpAddress);
  }

  addRoute(spec: RouteSpec): Route {
    const route = resolveRoute(this, spec);
    this.#fibOf(route).add(route);
    return route;
  }

  /** Adds a route, in place of one of the same table, prefix and metric (`ip route replace`). */
  replaceRoute(spec: RouteSpec): Route {
    const route = resolveRoute(this, spec);
    const fib = this.#fibOf(route);
    const old = fib
      .of({ address: route.destination, prefixLength: route.prefixLength })
      .find((other) => other.table === route.table && other.metric === route.metric);
    if (old) fib.remove(old);
    fib.add(route);
    return route;
  }

  /** Removes the first route that has all that `spec` names; ESRCH if there is none. */
  delRoute(spec: RouteSpec): void {
    const fib = this.#fibOf({ destination: spec.destination.address });
    const found = fib
      .of(spec.destination)
      .find(
        (route) =>
          route.table === tableOf(spec) &&
          (spec.type === undefined || route.type === spec.type) &&
          (spec.gateway === undefined || route.gateway === spec.gateway) &&
          (spec.link === undefined || usesLink(route, spec.link)) &&
          (spec.metric === undefined || route.metric === spec.metric) &&
          (spec.nextHops === undefined || hasNextHops(route, spec.nextHops)),
      );
    if (!found) throw new NetError('ESRCH', 'No such process');
    fib.remove(found);
  }

  removeRoute(route: Route): void {
    this.#fibOf(route).remove(route);
  }

  #fibOf({ destination }: { readonly destination: IpAddress }): Fib<IpAddress> {
    return (isIpv6(destination) ? this.fib6 : this.fib) as Fib<IpAddress>;
  }

  /** A permanent neighbour, in place of what was known (`ip neigh replace … nud permanent`). */
  addNeighbour(link: Link, address: IpAddress, mac: Mac): void {
    this.neighbours.setPermanent(link, address, mac);
  }

  delNeighbour(link: Link, address: IpAddress): void {
    if (!this.neighbours.remove(link, address)) throw new NetError('ENOENT', 'No such file or directory');
  }

  /** Ends a packet here. Safe for packets of any state; never throws. */
  drop(packet: Packet, reason: DropReason): void {
    this.drops.count(reason);
    packet.trace?.({ kind: 'drop', ns: this.name, reason }, packet);
    this.onDrop?.(packet, reason);
  }

  /** Deletes every link and closes every socket with ENETDOWN. Idempotent. */
  delete(): void {
    if (this.#deleted) return;
    this.#deleted = true;
    this.tcp.closeAll();
    this.udp.closeAll();
    this.echo.closeAll();
    for (const link of this.links()) this.deleteLink(link);
    this.setLinkDown(this.lo);
    this.conntrack.close();
    this.ipvs.close();
    this.ip.close();
    this.ip6.close();
  }

  /** A route that the kernel adds by itself; that there is one already is no mistake of anybody. */
  #addKernelRoute(spec: RouteSpec): void {
    try {
      this.addRoute({ ...spec, protocol: 'kernel' });
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
    }
  }

  #addLinkLocal(link: Link): void {
    const address = linkLocalOf(link.mac);
    if (link.addresses6.some((other) => other.address === address)) return;
    this.addAddress(link, { address, prefixLength: 64 });
  }

  /** The address itself is ours at once; its prefix is on the link while that is up. */
  #addAddressRoutes6(link: Link, { address, prefixLength }: LinkAddress<Ipv6>): void {
    this.#addKernelRoute({ type: 'local', link, destination: { address, prefixLength: 128 } });
    if (this.#isRouter6) this.#addAnycast(link, { address, prefixLength });
    if (!link.up || link === this.lo) return;
    this.#addKernelRoute({ link, destination: { address, prefixLength } });
  }

  #removeAddressRoutes6(link: Link, prefix: Cidr6): void {
    const isOwn = (route: Route): boolean => route.link === link && route.protocol === 'kernel';
    const itself = this.fib6.of({ address: prefix.address, prefixLength: 128 });
    this.#remove(itself.filter((route) => isOwn(route) && route.type === 'local'));
    const network = networkOf(prefix);
    const isShared =
      prefix.prefixLength < 128 &&
      link.addresses6.some(
        (other) => other.prefixLength === prefix.prefixLength && networkOf(other) === network,
      );
    if (isShared) return;
    this.#remove(this.fib6.of(prefix).filter((route) => isOwn(route) && route.type === 'unicast'));
    this.#removeAnycast(link, prefix);
  }

  get #isRouter6(): boolean {
    return this.sysctl.number('net.ipv6.conf.all.forwarding') !== 0;
  }

  /** Routers have the subnet's own address together (RFC 4291 §2.6.1; addrconf_join_anycast). */
  #addAnycast(link: Link, prefix: Cidr6): void {
    const address = networkOf(prefix);
    if (prefix.prefixLength >= 127 || address === ANY_IPV6) return;
    this.#addKernelRoute({ type: 'anycast', link, destination: { address, prefixLength: 128 } });
  }

  #removeAnycast(link: Link, prefix: Cidr6): void {
    const routes = this.fib6.of({ address: networkOf(prefix), prefixLength: 128 });
    this.#remove(routes.filter((route) => route.link === link && route.type === 'anycast'));
  }

  #onSetting(name: string): void {
    this.changed();
    if (name === 'net.ipv6.conf.all.forwarding') this.#onForwarding6();
    if (!name.endsWith('.disable_ipv6')) return;
    for (const link of this.links()) {
      if (!this.speaksIpv6(link)) this.#stopIpv6(link);
      else if (link.up && link.addresses6.length === 0) this.#startIpv6(link);
    }
  }

  #onForwarding6(): void {
    for (const link of this.links()) {
      for (const prefix of link.addresses6) {
        if (this.#isRouter6) this.#addAnycast(link, prefix);
        else this.#removeAnycast(link, prefix);
      }
    }
  }

  #addAddressRoutes(link: Link, address: LinkAddress): void {
    const { prefixLength } = address;
    const kernel = { link, source: address.address };
    const add = (spec: RouteSpec) => this.#addKernelRoute(spec);
    add({ ...kernel, type: 'local', destination: { address: address.address, prefixLength: 32 } });
    if (!link.up) return;
    const loopback = link === this.lo;
    if (prefixLength < 32 && !address.secondary) {
      add({
        ...kernel,
        type: loopback ? 'local' : 'unicast',
        scope: loopback ? 'host' : 'link',
        destination: address,
      });
    }
    if (prefixLength < 31) {
      add({ ...kernel, type: 'broadcast', destination: { address: broadcastOf(address), prefixLength: 32 } });
    }
  }
  #removeAddressRoutes(link: Link, prefix: Cidr): void {
    const isOwn = (route: Route): boolean =>
      route.link === link && route.protocol === 'kernel' && route.source === prefix.address;
    const hosts = [prefix.address, broadcastOf(prefix)].map((address) => ({ address, prefixLength: 32 }));
    for (const each of [...hosts, prefix]) this.#remove(this.fib.of(each).filter(isOwn));
  }

  #remove(routes: readonly Route[]): void {
    for (const route of routes) this.removeRoute(route);
  }
}
