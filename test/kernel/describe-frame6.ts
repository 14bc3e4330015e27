import { putU16 } from '../../agents/netstack/bytes.ts';
import { fold, internetChecksum, pseudoHeaderSum } from '../../agents/netstack/checksum.ts';
import { findUpperLayer } from '../../agents/netstack/header/extension-headers.ts';
import { ipv6Destination, ipv6Source } from '../../agents/netstack/header/ipv6-header.ts';
import { formatIpv6 } from '../../agents/netstack/ipv6.ts';
import { describeFrame, hex, portsOf, u16 } from './describe-frame.ts';

/**
 * A packet of IPv6 in words. Besides what is left out of IPv4's: the identification of every fragment, because who
 * sends a packet on in pieces numbers them anew.
 */
export function describeIpv6(packet: Uint8Array, own: readonly string[]): string {
  if (packet.length < 40) return hex(packet);
  const length = Math.min(40 + u16(packet, 4), packet.length);
  const [source, destination] = [ipv6Source(packet, 0), ipv6Destination(packet, 0)];
  const words = [
    `head ${hex(packet.subarray(0, 4))} len ${u16(packet, 4)} next ${packet[6]} hops ${packet[7]}`,
    `${formatIpv6(source)} > ${formatIpv6(destination)}`,
  ];
  const upper = findUpperLayer(packet, 0, length);
  if (!upper) return [...words, hex(packet.subarray(40, length))].join(' ');
  if (upper.offset > 40) words.push(`headers ${hex(extensions(packet, upper.offset, upper.fragment))}`);
  const body = packet.subarray(upper.offset, length);
  const isPiece = upper.fragment !== undefined && (u16(packet, upper.fragment + 2) & 0xfff9) !== 0;
  if (isPiece && upper.protocol === 44)
    return [...words, hex(extensions(packet, length, upper.fragment))].join(' ');
  const pseudo = pseudoHeaderSum(source, destination, upper.protocol, body.length);
  const isCut = 40 + u16(packet, 4) > packet.length;
  const sum =
    isPiece || isCut ? 'unsummed' : sumOf(withInnerSum(body, upper.protocol), upper.protocol, pseudo);
  const isOwn = {
    source: own.includes(formatIpv6(source)),
    destination: own.includes(formatIpv6(destination)),
  };
  return [...words, `proto ${upper.protocol}`, describeUpper(upper.protocol, body, own, isOwn), sum].join(
    ' ',
  );
}

/**
 * Whether a checksum is right. What a node makes itself it may leave to the device, with the sum of the pseudo header
 * in its place (CHECKSUM_PARTIAL); a veth leaves it so.
 */
function sumOf(body: Uint8Array, protocol: number, pseudo: number): string {
  if (internetChecksum(body, 0, body.length, pseudo) === 0) return 'good sum';
  const at = sumAt(protocol);
  const isLeft = at !== undefined && body.length >= at + 2 && u16(body, at) === fold(pseudo);
  return isLeft ? 'good sum' : 'bad sum';
}

/** A tunnel's checksum is that of what it carries once the device has summed that (lco_csum, net/core/skbuff.h). */
function withInnerSum(body: Uint8Array, protocol: number): Uint8Array {
  const packet = 16 + 14;
  if (protocol !== 17 || u16(body, 2) !== 8472 || body.length < packet + 40) return body;
  const upper = findUpperLayer(body, packet, body.length);
  const at = upper === undefined ? undefined : sumAt(upper.protocol);
  if (upper === undefined || at === undefined || upper.offset + at + 2 > body.length) return body;
  const [source, destination] = [ipv6Source(body, packet), ipv6Destination(body, packet)];
  const pseudo = pseudoHeaderSum(source, destination, upper.protocol, body.length - upper.offset);
  if (u16(body, upper.offset + at) !== fold(pseudo)) return body;
  const whole = body.slice();
  putU16(whole, upper.offset + at, internetChecksum(body, upper.offset, body.length));
  return whole;
}

/** Where a checksum is in a header that devices sum. */
const sumAt = (protocol: number): number | undefined =>
  protocol === 6 ? 16 : protocol === 17 ? 6 : undefined;

/** The headers between, with a fragment's identification left out. */
function extensions(packet: Uint8Array, end: number, fragment: number | undefined): Uint8Array {
  const copy = packet.slice(40, end);
  if (fragment !== undefined) copy.fill(0, fragment - 40 + 4, fragment - 40 + 8);
  return copy;
}

interface IsOwn {
  readonly source: boolean;
  readonly destination: boolean;
}

function describeUpper(protocol: number, body: Uint8Array, own: readonly string[], isOwn: IsOwn): string {
  if (protocol === 58 && body.length >= 8) return describeIcmp6(body, own, isOwn.source || isOwn.destination);
  if (protocol === 17 && u16(body, 2) === 8472) {
    return `vxlan ${hex(body.subarray(8, 16))} [ ${describeFrame(body.subarray(16), own)} ]`;
  }
  if ((protocol !== 6 && protocol !== 17) || body.length < 8) return hex(body);
  const rest =
    protocol === 6 ? [body.subarray(4, 16), body.subarray(18)] : [body.subarray(4, 6), body.subarray(8)];
  return `${portsOf(body, isOwn.source, isOwn.destination)} ${rest.map(hex).join(' ')}`;
}

function describeIcmp6(body: Uint8Array, own: readonly string[], isOwn: boolean): string {
  const [type, code] = body;
  const isError = type! < 128;
  const rest = isError ? `[ ${describeIpv6(body.subarray(8), own)} ]` : hex(body.subarray(8));
  const isEcho = type === 128 || type === 129;
  const id = isOwn && isEcho ? '*' : hex(body.subarray(4, 6));
  return `icmp ${type}/${code} ${id} ${hex(body.subarray(6, 8))} ${rest}`;
}
