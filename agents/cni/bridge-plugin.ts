import { cidr, formatCidr } from '../netstack/cidr.ts';
import { formatIpv4 } from '../netstack/ipv4.ts';
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
  readonly ipam: HostLocalIpam;
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
    const { host, mtu, ipam } = this.#options;
    const address = ipam.allocate(containerId);
    try {
      const bridge = this.#bridge();
      const hostName = `veth${randomHex(host)}`;
      const [inside, outside] = createVethPair(
        { ns: netns, name: ifName, mac: podMac(address), mtu },
        { ns: host, name: hostName, mtu },
      );
      this.#hostLinks.set(containerId, hostName);
      const prefix = { address, prefixLength: ipam.subnet.prefixLength };
      netns.addAddress(inside, prefix);
      outside.setUp();
      bridge.addPort(outside, { hairpin: true });
      inside.setUp();
      netns.addRoute({ destination: cidr('0.0.0.0/0'), gateway: ipam.gateway, link: inside });
      return {
        cniVersion: CNI_VERSION,
        interfaces: [
          { name: bridge.name, mac: formatMac(bridge.mac), mtu },
          { name: hostName, mac: formatMac(outside.mac), mtu },
          { name: ifName, mac: formatMac(inside.mac), mtu, sandbox: netns.name },
        ],
        ips: [{ address: formatCidr(prefix), gateway: formatIpv4(ipam.gateway), interface: 2 }],
        routes: [{ dst: '0.0.0.0/0', gw: formatIpv4(ipam.gateway) }],
      };
    } catch (error) {
      this.del({ containerId, netns, ifName });
      throw error;
    }
  }

  del({ containerId }: CniArguments): void {
    const { host, ipam } = this.#options;
    const name = this.#hostLinks.get(containerId);
    if (name !== undefined) host.link(name)?.delete();
    this.#hostLinks.delete(containerId);
    ipam.release(containerId);
  }

  /** The bridge comes into being with the first container, as the reference plugin has it. */
  #bridge(): Bridge {
    const { host, bridge: name, mtu, ipam } = this.#options;
    const present = host.link(name);
    if (present instanceof Bridge) return present;
    if (present) throw new CniError(NOT_A_BRIDGE, `${name} already exists but is not a bridge`);
    const bridge = createBridge(host, name, { mac: podMac(ipam.gateway), mtu });
    host.addAddress(bridge, { address: ipam.gateway, prefixLength: ipam.subnet.prefixLength });
    bridge.setUp();
    return bridge;
  }
}

/** Flannel's and the plugins' habit of old: 0a:58 and the address. It makes captures easy to read. */
function podMac(address: number): Mac {
  return (0x0a58 * 2 ** 32 + address) as Mac;
}

function randomHex({ rng }: Netns): string {
  return Array.from({ length: 8 }, () => rng.int(16).toString(16)).join('');
}
