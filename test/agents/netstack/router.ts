import { cidr, cidr6 } from '../../../agents/netstack/cidr.ts';
import { writeEthernet } from '../../../agents/netstack/header/ethernet.ts';
import { ipDestination, ipSource, isVersion6 } from '../../../agents/netstack/header/ip-header.ts';
import { IPV4_HEADER, writeIpv4Header } from '../../../agents/netstack/header/ipv4-header.ts';
import { IPV6_HEADER, writeIpv6Header } from '../../../agents/netstack/header/ipv6-header.ts';
import { UDP_HEADER, writeUdp, writeUdpChecksum } from '../../../agents/netstack/header/udp-header.ts';
import { formatIp, isIpv6, parseIp } from '../../../agents/netstack/ip-address.ts';
import { ipv4 } from '../../../agents/netstack/ipv4.ts';
import { ipv6 } from '../../../agents/netstack/ipv6.ts';
import { EthernetDevice } from '../../../agents/netstack/link/ethernet-device.ts';
import { mac } from '../../../agents/netstack/mac.ts';
import { Netns } from '../../../agents/netstack/netns.ts';
import { PROTO_UDP } from '../../../agents/netstack/protocol-numbers.ts';
import { runNodeCommand } from '../../../agents/shell/run-node-command.ts';
import { seededRng } from '../../../platform/rng.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

const FAR_END = mac('02:00:00:00:00:fe');

/** Devices d0, d1, … of a router with 10.0.N.1/24 and fd00:N::1/64; what hosts .2 behind them get is kept. */
export class Router {
  readonly clock = new VirtualClock();
  readonly ns = new Netns({ name: 'router', clock: this.clock, rng: seededRng(5) });
  readonly devices: readonly EthernetDevice[];
  /** Each IP packet that left: `device source destination`. */
  readonly left: string[] = [];
  readonly frames: Uint8Array[] = [];

  constructor(devices = 4) {
    this.ns.lo.setUp();
    this.ns.sysctl.set('net.ipv4.ip_forward', 1);
    this.ns.sysctl.set('net.ipv6.conf.all.forwarding', 1);
    this.devices = Array.from({ length: devices }, (_, i) => this.#device(i));
  }

  async run(line: string): Promise<string> {
    const { stdout, stderr } = await runNodeCommand(line.split(' '), '', { ns: this.ns });
    return stdout + stderr;
  }

  /** Commands that must succeed. */
  async say(...lines: string[]): Promise<void> {
    for (const line of lines) {
      const { exitCode, stderr } = await runNodeCommand(line.split(' '), '', { ns: this.ns });
      if (exitCode !== 0) throw new Error(`${line}: ${stderr}`);
    }
  }

  /** A datagram comes in; by which device it left again. */
  forward(input: number, from: string, to: string, ports: readonly [number, number] = [1000, 2000]): string {
    const before = this.left.length;
    const device = this.devices[input]!;
    device.receive(datagram(device.mac, from, to, ports));
    return this.left
      .slice(before)
      .map((each) => each.split(' ')[0])
      .join(' ');
  }

  #device(i: number): EthernetDevice {
    const { ns } = this;
    const name = `d${i}`;
    const device = new EthernetDevice(ns, name, {
      transmit: (frame) => {
        if (frame[12] === 8 && frame[13] === 6) return;
        this.frames.push(frame.slice());
        this.left.push(`${name} ${formatIp(ipSource(frame, 14))} ${formatIp(ipDestination(frame, 14))}`);
      },
    });
    ns.addAddress(device, cidr(`10.0.${i}.1/24`));
    device.setUp();
    ns.addAddress(device, cidr6(`fd00:${i}::1/64`));
    ns.addNeighbour(device, ipv4(`10.0.${i}.2`), FAR_END);
    ns.addNeighbour(device, ipv6(`fd00:${i}::2`), FAR_END);
    return device;
  }
}

/** A frame with a UDP datagram of four bytes. */
export function datagram(
  to: EthernetDevice['mac'],
  from: string,
  towards: string,
  [sourcePort, destinationPort]: readonly [number, number],
): Uint8Array {
  const [source, destination] = [parseIp(from)!, parseIp(towards)!];
  const l4 = 14 + (isIpv6(source) ? IPV6_HEADER : IPV4_HEADER);
  const length = UDP_HEADER + 4;
  const frame = new Uint8Array(l4 + length);
  if (isIpv6(source)) {
    const nextHeader = PROTO_UDP;
    writeIpv6Header(frame, 14, {
      source,
      destination: destination as typeof source,
      nextHeader,
      payloadLength: length,
      trafficClass: 0,
      hopLimit: 64,
    });
  } else {
    writeIpv4Header(frame, 14, {
      source,
      destination: destination as typeof source,
      protocol: PROTO_UDP,
      totalLength: IPV4_HEADER + length,
      tos: 0,
      ttl: 64,
      id: 1,
      fragment: 0,
    });
  }
  writeEthernet(frame, 0, to, FAR_END, isVersion6(frame, 14) ? 0x86dd : 0x0800);
  writeUdp(frame, l4, { sourcePort, destinationPort, length });
  writeUdpChecksum(frame, l4, source, destination);
  return frame;
}
