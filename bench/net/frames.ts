import { writeEthernet } from '../../agents/netstack/header/ethernet.ts';
import { writeIpv4Header } from '../../agents/netstack/header/ipv4-header.ts';
import { writeIpv6Header } from '../../agents/netstack/header/ipv6-header.ts';
import { TCP_HEADER, writeTcp, writeTcpChecksum } from '../../agents/netstack/header/tcp-header.ts';
import { UDP_HEADER, writeUdp, writeUdpChecksum } from '../../agents/netstack/header/udp-header.ts';
import { type IpAddress, isIpv6 } from '../../agents/netstack/ip-address.ts';
import type { Ipv4 } from '../../agents/netstack/ipv4.ts';
import type { Ipv6 } from '../../agents/netstack/ipv6.ts';
import type { Mac } from '../../agents/netstack/mac.ts';
import { HEADROOM, Packet } from '../../agents/netstack/packet.ts';
import { PROTO_TCP, PROTO_UDP } from '../../agents/netstack/protocol-numbers.ts';
import { GATEWAY_MAC, POD, POD_6, POD_MAC } from './node-rig.ts';

const PAYLOAD = 64;
const L3 = HEADROOM + 14;
/** The longest headers, which a node may change. */
const HEADERS = 14 + 40 + TCP_HEADER;

export interface Addressee {
  readonly address: IpAddress;
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
    const end = Math.min(HEADROOM + HEADERS, template.length);
    for (let i = HEADROOM; i < end; i++) bytes[i] = template[i]!;
    packet.start = HEADROOM;
    packet.end = template.length;
    packet.scrub(true);
    return packet;
  }
}

/** A datagram of the pod with 64 bytes in it. */
export function datagram(to: Addressee, sourcePort = 4000): Uint8Array {
  const length = UDP_HEADER + PAYLOAD;
  const source = isIpv6(to.address) ? POD_6 : POD;
  const { bytes, l4 } = ipFrame({ protocol: PROTO_UDP, length, source, destination: to.address });
  writeUdp(bytes, l4, { sourcePort, destinationPort: to.port, length });
  writeUdpChecksum(bytes, l4, source, to.address);
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
  const { bytes, l4 } = ipFrame({
    protocol: PROTO_TCP,
    length: TCP_HEADER + payload,
    source: from.address,
    destination: to.address,
    ...(macs ? { macs } : {}),
  });
  writeTcp(bytes, l4, { sourcePort: from.port, destinationPort: to.port, window: 0xffff, ...header });
  writeTcpChecksum(bytes, l4, bytes.length, from.address, to.address);
  return bytes;
}

interface IpFrame {
  readonly protocol: number;
  /** Of what follows the IP header. */
  readonly length: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly macs?: { readonly source: Mac; readonly destination: Mac };
}

function ipFrame({ protocol, length, source, destination, macs }: IpFrame): {
  bytes: Uint8Array;
  l4: number;
} {
  const l4 = L3 + (isIpv6(source) ? 40 : 20);
  const bytes = new Uint8Array(l4 + length);
  const { source: from, destination: to } = macs ?? { source: POD_MAC, destination: GATEWAY_MAC };
  writeEthernet(bytes, HEADROOM, to, from, isIpv6(source) ? 0x86dd : 0x0800);
  if (isIpv6(source)) {
    writeIpv6Header(bytes, L3, {
      source,
      destination: destination as Ipv6,
      nextHeader: protocol,
      payloadLength: length,
      trafficClass: 0,
      hopLimit: 64,
    });
  } else {
    writeIpv4Header(bytes, L3, {
      source,
      destination: destination as Ipv4,
      protocol,
      totalLength: 20 + length,
      tos: 0,
      ttl: 64,
      id: 0,
      fragment: 0,
    });
  }
  return { bytes, l4 };
}
