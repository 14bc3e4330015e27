import { writeEthernet } from '../../agents/netstack/header/ethernet.ts';
import { writeIpv4Header } from '../../agents/netstack/header/ipv4-header.ts';
import { TCP_HEADER, writeTcp, writeTcpChecksum } from '../../agents/netstack/header/tcp-header.ts';
import { UDP_HEADER, writeUdp, writeUdpChecksum } from '../../agents/netstack/header/udp-header.ts';
import type { Ipv4 } from '../../agents/netstack/ipv4.ts';
import type { Mac } from '../../agents/netstack/mac.ts';
import { HEADROOM, Packet } from '../../agents/netstack/packet.ts';
import { PROTO_TCP, PROTO_UDP } from '../../agents/netstack/protocol-numbers.ts';
import { GATEWAY_MAC, POD, POD_MAC } from './node-rig.ts';

const PAYLOAD = 64;
const L4 = HEADROOM + 14 + 20;
/** The longest headers, which a node may change. */
const HEADERS = 14 + 20 + TCP_HEADER;

export interface Addressee {
  readonly address: Ipv4;
  readonly port: number;
}

/** One frame as many times as it is reset. */
export class RepeatedPacket {
  readonly packet: Packet;
  readonly #template: Uint8Array;

  constructor(template: Uint8Array) {
    this.#template = template;
    this.packet = new Packet(template.slice(), HEADROOM, template.length);
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
}

/** A datagram of the pod with 64 bytes in it. */
export function datagram(to: Addressee, sourcePort = 4000): Uint8Array {
  const bytes = ipFrame({ protocol: PROTO_UDP, length: UDP_HEADER + PAYLOAD, destination: to.address });
  writeUdp(bytes, L4, { sourcePort, destinationPort: to.port, length: UDP_HEADER + PAYLOAD });
  writeUdpChecksum(bytes, L4, POD, to.address);
  return bytes;
}

export interface Segment {
  readonly from?: Addressee;
  readonly to: Addressee;
  readonly macs?: { readonly source: Mac; readonly destination: Mac };
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly payload: number;
}

/** A TCP segment, of the pod unless it says otherwise. */
export function segment({
  from = { address: POD, port: 4000 },
  to,
  macs,
  payload,
  ...header
}: Segment): Uint8Array {
  const bytes = ipFrame({
    protocol: PROTO_TCP,
    length: TCP_HEADER + payload,
    source: from.address,
    destination: to.address,
    ...(macs ? { macs } : {}),
  });
  writeTcp(bytes, L4, { sourcePort: from.port, destinationPort: to.port, window: 0xffff, ...header });
  writeTcpChecksum(bytes, L4, bytes.length, from.address, to.address);
  return bytes;
}

interface IpFrame {
  readonly protocol: number;
  /** Of what follows the IP header. */
  readonly length: number;
  readonly source?: Ipv4;
  readonly destination: Ipv4;
  readonly macs?: { readonly source: Mac; readonly destination: Mac };
}

function ipFrame({ protocol, length, source = POD, destination, macs }: IpFrame): Uint8Array {
  const bytes = new Uint8Array(L4 + Math.max(length, TCP_HEADER)).subarray(0, L4 + length);
  const { source: from, destination: to } = macs ?? { source: POD_MAC, destination: GATEWAY_MAC };
  writeEthernet(bytes, HEADROOM, to, from, 0x0800);
  writeIpv4Header(bytes, HEADROOM + 14, {
    source,
    destination,
    protocol,
    totalLength: 20 + length,
    tos: 0,
    ttl: 64,
    id: 0,
    fragment: 0,
  });
  return bytes;
}
