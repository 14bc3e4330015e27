import { internetChecksum, pseudoHeaderSum } from '../../agents/netstack/checksum.ts';
import { writeEthernet } from '../../agents/netstack/header/ethernet.ts';
import { writeIpv4Header } from '../../agents/netstack/header/ipv4-header.ts';
import { writeIpv6Header } from '../../agents/netstack/header/ipv6-header.ts';
import { isIpv6, parseIp } from '../../agents/netstack/ip-address.ts';
import type { Ipv4 } from '../../agents/netstack/ipv4.ts';
import type { Ipv6 } from '../../agents/netstack/ipv6.ts';
import { mac } from '../../agents/netstack/mac.ts';

/** The ends of a frame with a packet of either version. */
export interface Way {
  readonly from: string;
  readonly to: string;
  readonly source: string;
  readonly destination: string;
  /** 64 unless it is told. */
  readonly hops?: number;
  readonly dontFragment?: boolean;
}

export function etherFrame(to: string, from: string, type: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(14 + body.length);
  writeEthernet(frame, 0, mac(to), mac(from), type);
  frame.set(body, 14);
  return frame;
}

/** A packet with that body, whose checksum at `sumAt` is filled in (RFC 1071), over a pseudo header if it has one. */
export function ipFrame(way: Way, protocol: number, body: Uint8Array, sumAt: number | undefined): Uint8Array {
  const [source, destination] = [parseIp(way.source)!, parseIp(way.destination)!];
  const summed = body.slice();
  if (sumAt !== undefined) {
    const pseudo = protocol === 1 ? 0 : pseudoHeaderSum(source, destination, protocol, body.length);
    new DataView(summed.buffer).setUint16(
      sumAt,
      internetChecksum(summed, 0, summed.length, pseudo) || 0xffff,
    );
  }
  const six = isIpv6(source);
  const header = new Uint8Array(six ? 40 : 20);
  if (six) {
    writeIpv6Header(header, 0, {
      source: source as Ipv6,
      destination: destination as Ipv6,
      nextHeader: protocol,
      payloadLength: body.length,
      trafficClass: 0,
      hopLimit: way.hops ?? 64,
    });
  } else {
    writeIpv4Header(header, 0, {
      source: source as Ipv4,
      destination: destination as Ipv4,
      protocol,
      totalLength: 20 + body.length,
      tos: 0,
      ttl: way.hops ?? 64,
      id: 7,
      fragment: way.dontFragment ? 0x4000 : 0,
    });
  }
  return etherFrame(way.to, way.from, six ? 0x86dd : 0x0800, Buffer.concat([header, summed]));
}

export function udpFrame(
  way: Way,
  sourcePort: number,
  destinationPort: number,
  payload: Uint8Array,
): Uint8Array {
  const body = new Uint8Array(8 + payload.length);
  const view = new DataView(body.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint16(4, body.length);
  body.set(payload, 8);
  return ipFrame(way, 17, body, 6);
}

export function echoFrame(way: Way, id: number, payload: Uint8Array): Uint8Array {
  const six = way.source.includes(':');
  const body = new Uint8Array(8 + payload.length);
  const view = new DataView(body.buffer);
  body[0] = six ? 128 : 8;
  view.setUint16(4, id);
  view.setUint16(6, 1);
  body.set(payload, 8);
  return ipFrame(way, six ? 58 : 1, body, 2);
}
