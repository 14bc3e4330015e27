import { internetChecksum } from '../../agents/netstack/checksum.ts';
import { writeEthernet } from '../../agents/netstack/header/ethernet.ts';
import { writeIcmp6Checksum } from '../../agents/netstack/header/icmp6-header.ts';
import { writeIpv4Header } from '../../agents/netstack/header/ipv4-header.ts';
import { ipv6Destination, ipv6Source, writeIpv6Header } from '../../agents/netstack/header/ipv6-header.ts';
import { ipv4 } from '../../agents/netstack/ipv4.ts';
import { type Ipv6, ipv6 } from '../../agents/netstack/ipv6.ts';
import { type Mac, readMac } from '../../agents/netstack/mac.ts';

export interface EchoRequest {
  readonly from: Mac;
  readonly to: Mac;
  readonly source: string;
  readonly destination: string;
  readonly id: number;
  readonly ttl: number;
}

/** How the frames of a test are made and read in one version of IP; none has options. */
export interface VersionFrames {
  /** Where a frame's transport header is. */
  readonly transport: number;
  /** What a tunnel carries, else the frame itself. */
  inner(frame: Uint8Array): Uint8Array;
  /** An ICMP error about a frame, from whoever got it; undefined for what nobody complains about. */
  complaint(frame: Uint8Array, type: number, code: number): Uint8Array | undefined;
  /** Errors that say that there is no way, and one that there were too many hops: type and code. */
  readonly unreachable: readonly (readonly [number, number])[];
  readonly timeExceeded: readonly [number, number];
  /** Two fragments of a frame, cut after so many bytes, in the middle unless told; a multiple of eight. */
  fragments(frame: Uint8Array, cut?: number): Uint8Array[];
  echo(request: EchoRequest): Uint8Array;
  /** Where a wrong bit is worth a try. */
  readonly fragile: readonly number[];
  /** Payloads about as long as what fits into the bridge's and the tunnel's MTU. */
  readonly large: readonly number[];
}

const ETHERNET = 14;
const ICMP = 8;
const TUNNEL = 8 + 8;
const VXLAN_PORT = [0x21, 0x18] as const;
const QUOTED = 8;

function isTunnel(frame: Uint8Array, transport: number, protocol: number): boolean {
  return protocol === 17 && frame[transport + 2] === VXLAN_PORT[0] && frame[transport + 3] === VXLAN_PORT[1];
}

function cutInTwo(
  body: Uint8Array,
  cut = Math.max(8, (body.length >> 4) << 3),
): { readonly first: Uint8Array; readonly last: Uint8Array } {
  return { first: body.subarray(0, cut), last: body.subarray(cut) };
}

function writeEcho(frame: Uint8Array, at: number, type: number, id: number): void {
  frame.set([type, 0, 0, 0, id >>> 8, id & 255, 0, 1], at);
}

const ECHO_PAYLOAD = 16;

export const IPV4_FRAMES: VersionFrames = {
  transport: 34,
  unreachable: [
    [3, 1],
    [3, 3],
    [3, 4],
    [3, 13],
  ],
  timeExceeded: [11, 0],
  fragile: [24, 40, 50, 60],
  large: [1380, 1400, 1420, 1440],
  inner: (frame) => (isTunnel(frame, 34, frame[23]!) ? frame.subarray(34 + TUNNEL) : frame),
  complaint(frame, type, code) {
    // RFC 1122 §3.2.2: nobody complains about a complaint.
    const isComplaint = frame[23] === 1 && [3, 11, 12].includes(frame[34]!);
    if (frame[12] !== 0x08 || frame[13] !== 0x00 || isComplaint) return undefined;
    const quoted = frame.subarray(ETHERNET, Math.min(frame.length, ETHERNET + 28 + QUOTED));
    const length = 20 + ICMP + quoted.length;
    const answer = new Uint8Array(ETHERNET + length);
    const view = new DataView(frame.buffer, frame.byteOffset);
    writeEthernet(answer, 0, readMac(frame, 6), readMac(frame, 0), 0x0800);
    writeIpv4Header(answer, ETHERNET, {
      source: view.getUint32(30) as never,
      destination: view.getUint32(26) as never,
      protocol: 1,
      totalLength: length,
      tos: 0,
      ttl: 64,
      id: 77,
      fragment: 0,
    });
    answer.set([type, code], 34);
    answer.set(quoted, 34 + ICMP);
    const sum = internetChecksum(answer, 34, answer.length);
    answer.set([sum >>> 8, sum & 255], 36);
    return answer;
  },
  fragments(frame, cut) {
    const { first, last } = cutInTwo(frame.subarray(34), cut);
    return [first, last].map((part, i) => {
      const piece = new Uint8Array(34 + part.length);
      piece.set(frame.subarray(0, 34));
      piece.set(part, 34);
      const view = new DataView(piece.buffer);
      view.setUint16(16, 20 + part.length);
      view.setUint16(18, 4242);
      view.setUint16(20, i === 0 ? 0x2000 : first.length >> 3);
      view.setUint16(24, 0);
      view.setUint16(24, internetChecksum(piece, ETHERNET, 34));
      return piece;
    });
  },
  echo({ from, to, source, destination, id, ttl }) {
    const frame = new Uint8Array(34 + ICMP + ECHO_PAYLOAD);
    writeEthernet(frame, 0, to, from, 0x0800);
    const header = { tos: 0, ttl, id, fragment: 0, totalLength: frame.length - ETHERNET, protocol: 1 };
    writeIpv4Header(frame, ETHERNET, { ...header, source: ipv4(source), destination: ipv4(destination) });
    writeEcho(frame, 34, 8, id);
    const sum = internetChecksum(frame, 34, frame.length);
    frame.set([sum >>> 8, sum & 255], 36);
    return frame;
  },
};

const ICMPV6 = 58;
const FRAGMENT = 44;
const LOWEST_INFORMATION = 128;

export const IPV6_FRAMES: VersionFrames = {
  transport: 54,
  unreachable: [
    [1, 3],
    [1, 4],
    [2, 0],
    [1, 1],
  ],
  timeExceeded: [3, 0],
  fragile: [58, 60, 70, 80],
  large: [1350, 1370, 1390, 1410],
  inner: (frame) => (isTunnel(frame, 54, frame[20]!) ? frame.subarray(54 + TUNNEL) : frame),
  complaint(frame, type, code) {
    const isComplaint = frame[20] === ICMPV6 && frame[54]! < LOWEST_INFORMATION;
    const isDiscovery = frame[20] === ICMPV6 && frame[21] === 255;
    if (frame[12] !== 0x86 || frame[13] !== 0xdd || isComplaint || isDiscovery) return undefined;
    const quoted = frame.subarray(ETHERNET, Math.min(frame.length, 54 + 2 * QUOTED));
    const answer = new Uint8Array(54 + ICMP + quoted.length);
    writeEthernet(answer, 0, readMac(frame, 6), readMac(frame, 0), 0x86dd);
    answer.set([type, code], 54);
    if (type === 2) answer.set([0x05, 0x00], 60);
    answer.set(quoted, 54 + ICMP);
    return asIcmp6(answer, ipv6Destination(frame, ETHERNET), ipv6Source(frame, ETHERNET), 64);
  },
  fragments(frame, cut) {
    const { first, last } = cutInTwo(frame.subarray(54), cut);
    return [first, last].map((part, i) => {
      const piece = new Uint8Array(54 + 8 + part.length);
      piece.set(frame.subarray(0, 54));
      piece.set(part, 62);
      piece[20] = FRAGMENT;
      const view = new DataView(piece.buffer);
      view.setUint16(18, 8 + part.length);
      view.setUint8(54, frame[20]!);
      view.setUint16(56, i === 0 ? 1 : first.length);
      view.setUint32(58, 4242);
      return piece;
    });
  },
  echo({ from, to, source, destination, id, ttl }) {
    const frame = new Uint8Array(54 + ICMP + ECHO_PAYLOAD);
    writeEthernet(frame, 0, to, from, 0x86dd);
    writeEcho(frame, 54, 128, id);
    return asIcmp6(frame, ipv6(source), ipv6(destination), ttl);
  },
};

/** Fills in the header before a message of ICMPv6, and its checksum. */
function asIcmp6(frame: Uint8Array, source: Ipv6, destination: Ipv6, hopLimit: number): Uint8Array {
  const header = { nextHeader: ICMPV6, payloadLength: frame.length - 54, trafficClass: 0, hopLimit };
  writeIpv6Header(frame, ETHERNET, { ...header, source, destination });
  writeIcmp6Checksum(frame, 54, frame.length, source, destination);
  return frame;
}
