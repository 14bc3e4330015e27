import { cidr } from '../../../agents/netstack/cidr.ts';
import { ipv4 } from '../../../agents/netstack/ipv4.ts';
import { EthernetDevice } from '../../../agents/netstack/link/ethernet-device.ts';
import { Netns } from '../../../agents/netstack/netns.ts';
import { HostGateway } from '../../../agents/wire/host-gateway.ts';
import { Lan } from '../../../agents/wire/lan.ts';
import { lanMac } from '../../../agents/wire/lan-mac.ts';
import type { HostStream } from '../../../platform/host-network.ts';
import { MemoryHostNetwork } from '../../../platform/memory-host-network.ts';
import { seededRng } from '../../../platform/rng.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

export const NODE_IP = '172.18.0.2';
export const HOST_ADDRESS = '127.0.18.2';

/** One node, 172.18.0.2, on a segment with the host, whose network is in memory. */
export class Segment {
  readonly clock = new VirtualClock();
  readonly rng = seededRng(1);
  readonly network: MemoryHostNetwork;
  readonly lan: Lan;
  readonly node: Netns;
  readonly gateway: HostGateway;

  private constructor(network: MemoryHostNetwork, lan: Lan) {
    const { clock, rng } = this;
    this.network = network;
    this.lan = lan;
    this.node = new Netns({ name: 'node-1', clock, rng });
    this.node.lo.setUp();
    const eth0: EthernetDevice = new EthernetDevice(this.node, 'eth0', {
      mac: lanMac(NODE_IP),
      transmit: (frame) => lan.send(frame, eth0),
    });
    this.node.addAddress(eth0, cidr(`${NODE_IP}/16`));
    eth0.setUp();
    this.node.addRoute({ destination: cidr('0.0.0.0/0'), gateway: ipv4('172.18.0.1'), link: eth0 });
    lan.attach(eth0);
    this.gateway = new HostGateway({
      clock,
      rng,
      network,
      lan,
      addresses: ['172.18.0.1/16'],
      nodeIp: NODE_IP,
      nodeHostAddress: HOST_ADDRESS,
      internal: ['10.244.0.0/16', '10.96.0.0/16'],
    });
  }

  static async create(): Promise<Segment> {
    const network = new MemoryHostNetwork();
    return new Segment(network, new Lan(await network.bindUdp({ address: HOST_ADDRESS, port: 0 })));
  }
}

/** What a stream of the host went through. */
export function record(stream: HostStream): { text: string; bytes: number; ended: boolean; closed?: string } {
  const seen: { text: string; bytes: number; ended: boolean; closed?: string } = {
    text: '',
    bytes: 0,
    ended: false,
  };
  stream.onData = (chunk) => {
    seen.bytes += chunk.length;
    if (seen.bytes < 10_000) seen.text += Buffer.from(chunk).toString();
  };
  stream.onEnd = () => {
    seen.ended = true;
  };
  stream.onClose = (error) => {
    seen.closed = error?.code ?? 'orderly';
  };
  return seen;
}
