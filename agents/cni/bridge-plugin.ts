import { type Cidr, type Cidr6, cidr, cidr6, formatCidr } from '../netstack/cidr.ts';
import { formatIp, type IpAddress, isIpv6 } from '../netstack/ip-address.ts';
import { Bridge, createBridge } from '../netstack/link/bridge.ts';
import { createVethPair } from '../netstack/link/veth.ts';
import { formatMac, type Mac } from '../netstack/mac.ts';
import type { Netns } from '../netstack/netns.ts';
import { CNI_VERSION, type CniArguments, CniError, type CniPlugin, type CniResult } from './cni-plugin.ts';
import type { HostLocalIpam } from './host-local-ipam.ts';

export interface BridgePluginOptions {
  /** The node's own namespace, where the bridge is. */
  readonly host: Netns;
  readonly bridge: string;
  readonly mtu: number;
  /** One for each family, IPv4 first. */
  readonly ipams: readonly HostLocalIpam[];
}

/** The plugin's own error code. */
const NOT_A_BRIDGE = 101;

/**
 * The reference `bridge` plugin as Flannel configures it: the bridge holds the subnet's gateway address, each
 * container hangs on it by a veth pair, ports are in hairpin mode so that a pod can reach itself through a
 * Service.
 */
export class BridgePlugin implements CniPlugin {
  readonly #options: BridgePluginOptions;
  readonly #hostLinks = new Map<string, string>();

  constructor(options: BridgePluginOptions) {
    this.#options = options;
  }

  /** All or nothing: an ADD that fails leaves things as they were. */
  add({ containerId, netns, ifName }: CniArguments): CniResult {
    const { host, mtu } = this.#options;
    const held = this.#allocate(containerId);
    try {
      const bridge = this.#bridge();
      const hostName = `veth${randomHex(host)}`;
      const [inside, outside] = createVethPair(
        { ns: netns, name: ifName, mac: podMac(held[0]!.address), mtu },
        { ns: host, name: hostName, mtu },
      );
      this.#hostLinks.set(containerId, hostName);
      outside.setUp();
      bridge.addPort(outside, { hairpin: true });
      inside.setUp();
      for (const { ipam, address } of held) {
        netns.addAddress(inside, prefixIn(ipam, address));
        netns.addRoute({ destination: everywhere(address), gateway: ipam.gateway, link: inside });
      }
      return {
        cniVersion: CNI_VERSION,
        interfaces: [
          { name: bridge.name, mac: formatMac(bridge.mac), mtu },
          { name: hostName, mac: formatMac(outside.mac), mtu },
          { name: ifName, mac: formatMac(inside.mac), mtu, sandbox: netns.name },
        ],
        ips: held.map(({ ipam, address }) => ({
          address: formatCidr(prefixIn(ipam, address)),
          gateway: formatIp(ipam.gateway),
          interface: 2,
        })),
        routes: held.map(({ ipam, address }) => ({
          dst: formatCidr(everywhere(address)),
          gw: formatIp(ipam.gateway),
        })),
      };
    } catch (error) {
      this.del({ containerId, netns, ifName });
      throw error;
    }
  }

  /** An address of each family, or none. */
  #allocate(containerId: string): { readonly ipam: HostLocalIpam; readonly address: IpAddress }[] {
    const held: { readonly ipam: HostLocalIpam; readonly address: IpAddress }[] = [];
    try {
      for (const ipam of this.#options.ipams) held.push({ ipam, address: ipam.allocate(containerId) });
      return held;
    } catch (error) {
      for (const { ipam } of held) ipam.release(containerId);
      throw error;
    }
  }

  del({ containerId }: CniArguments): void {
    const { host, ipams } = this.#options;
    const name = this.#hostLinks.get(containerId);
    if (name !== undefined) host.link(name)?.delete();
    this.#hostLinks.delete(containerId);
    for (const ipam of ipams) ipam.release(containerId);
  }

  /** The bridge comes into being with the first container, as the reference plugin has it. */
  #bridge(): Bridge {
    const { host, bridge: name, mtu, ipams } = this.#options;
    const present = host.link(name);
    if (present instanceof Bridge) return present;
    if (present) throw new CniError(NOT_A_BRIDGE, `${name} already exists but is not a bridge`);
    const bridge = createBridge(host, name, { mac: podMac(ipams[0]!.gateway), mtu });
    bridge.setUp();
    for (const ipam of ipams) host.addAddress(bridge, prefixIn(ipam, ipam.gateway));
    return bridge;
  }
}

const prefixIn = ({ subnet }: HostLocalIpam, address: IpAddress) =>
  ({ address, prefixLength: subnet.prefixLength }) as Cidr | Cidr6;

const everywhere = (address: IpAddress): Cidr | Cidr6 =>
  isIpv6(address) ? cidr6('::/0') : cidr('0.0.0.0/0');

/** Flannel's and the plugins' habit of old: 0a:58 and the IPv4 address. It makes captures easy to read. */
function podMac(address: IpAddress): Mac {
  return (0x0a58 * 2 ** 32 + Number(BigInt(address) & 0xffffffffn)) as Mac;
}

function randomHex({ rng }: Netns): string {
  return Array.from({ length: 8 }, () => rng.int(16).toString(16)).join('');
}
