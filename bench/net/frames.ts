import { writeEthernet } from '../../agents/netstack/header/ethernet.ts';
import { writeIpv4Header } from '../../agents/netstack/header/ipv4-header.ts';
import { writeUdp, writeUdpChecksum } from '../../agents/netstack/header/udp-header.ts';
import type { Ipv4 } from '../../agents/netstack/ipv4.ts';
import { HEADROOM, Packet } from '../../agents/netstack/packet.ts';
import { GATEWAY_MAC, POD, POD_MAC } from './node-rig.ts';

const PAYLOAD = 64;
const HEADERS = 14 + 20 + 8;

export interface Addressee {
  readonly address: Ipv4;
  readonly port: number;
  readonly sourcePort?: number;
}

/** One datagram of the pod with 64 bytes in it, as many times as it is reset. */
export class RepeatedPacket {
  readonly packet: Packet;
  readonly #template: Uint8Array;

  constructor(to: Addressee) {
    this.#template = datagram(to);
    this.packet = new Packet(this.#template.slice(), HEADROOM, this.#template.length);
    this.packet.checksumsGood = true;
  }

  /** Makes it what it was; only the headers ever change. */
  reset(): Packet {
    const { packet } = this;
    const { bytes } = packet;
    const template = this.#template;
    for (let i = HEADROOM; i < HEADROOM + HEADERS; i++) bytes[i] = template[i]!;
    packet.start = HEADROOM;
    packet.end = template.length;
    packet.scrub(true);
    return packet;
  }

  set sourcePort(port: number) {
    const { bytes } = this.packet;
    const at = HEADROOM + 34;
    this.#template[at] = bytes[at] = port >>> 8;
    this.#template[at + 1] = bytes[at + 1] = port & 255;
  }
}

function datagram({ address, port, sourcePort = 4000 }: Addressee): Uint8Array {
  const length = 20 + 8 + PAYLOAD;
  const bytes = new Uint8Array(HEADROOM + 14 + length);
  const l3 = HEADROOM + 14;
  writeEthernet(bytes, HEADROOM, GATEWAY_MAC, POD_MAC, 0x0800);
  writeIpv4Header(bytes, l3, {
    source: POD,
    destination: address,
    protocol: 17,
    totalLength: length,
    tos: 0,
    ttl: 64,
    id: 0,
    fragment: 0,
  });
  writeUdp(bytes, l3 + 20, { sourcePort, destinationPort: port, length: 8 + PAYLOAD });
  writeUdpChecksum(bytes, l3 + 20, POD, address);
  return bytes;
}
