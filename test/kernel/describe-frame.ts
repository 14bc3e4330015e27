import { createHash } from 'node:crypto';
import { fold, internetChecksum, pseudoHeaderSum } from '../../agents/netstack/checksum.ts';
import { describeIpv6 } from './describe-frame6.ts';

/**
 * A frame in words, for comparison. What chance or the sender alone decides is left out, here and nowhere else:
 * the identification of packets that the node itself made, the source port and checksum of VXLAN's outer header,
 * and the ports and echo identifiers beside the node's own addresses, which a masquerade drew at random (`*`).
 */
export function describeFrame(frame: Uint8Array, nodeAddresses: readonly string[]): string {
  if (frame.length < 34) return hex(frame);
  const mac = (at: number): string => hex(frame.subarray(at, at + 6));
  const type = (frame[12]! << 8) | frame[13]!;
  const describe = type === 0x0800 ? describeIpv4 : type === 0x86dd ? describeIpv6 : hex;
  const body = describe(frame.subarray(14), nodeAddresses);
  return `${mac(0)} ${mac(6)} ${type.toString(16)} ${body}`;
}

/** Long ones as their first bytes, their length and what tells them from others. */
export function hex(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('hex');
  if (bytes.length <= 40) return text;
  return `${text.slice(0, 16)}..${bytes.length}..${createHash('sha1').update(bytes).digest('hex').slice(0, 8)}`;
}

const address = (bytes: Uint8Array, at: number): string => bytes.subarray(at, at + 4).join('.');
export const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

function describeIpv4(packet: Uint8Array, own: readonly string[]): string {
  const header = (packet[0]! & 15) * 4;
  const length = Math.min(u16(packet, 2), packet.length);
  const [source, destination] = [address(packet, 12), address(packet, 16)];
  const body = packet.subarray(header, length);
  const isOwn = own.includes(source);
  const protocol = packet[9]!;
  const isError = protocol === 1 && [3, 11, 12].includes(body[0]!);
  const isReset = protocol === 6 && (body[13]! & 4) !== 0;
  const isTunnel = protocol === 17 && u16(body, 2) === 8472;
  // By whatever address: rules may have led the request here.
  const isReply = protocol === 1 && body[0] === 0 && (u16(packet, 6) & 0x1fff) === 0;
  const isLaterPiece = isOwn && protocol === 1 && (u16(packet, 6) & 0x1fff) !== 0;
  const id = isLaterPiece || isError || isReset || isTunnel || isReply ? '*' : u16(packet, 4);
  const words = [
    `tos ${packet[1]} len ${u16(packet, 2)} id ${id} frag ${u16(packet, 6).toString(16)} ttl ${packet[8]}`,
    internetChecksum(packet, 0, header) === 0 ? '' : 'BAD HEADER CHECKSUM',
    `${source} > ${destination} proto ${protocol}`,
  ];
  if ((u16(packet, 6) & 0x1fff) !== 0) return [...words, hex(body)].join(' ');
  if (isTunnel)
    return [
      ...words,
      `vxlan ${hex(body.subarray(8, 16))} [`,
      describeFrame(body.subarray(16), own),
      ']',
    ].join(' ');
  if (protocol === 1)
    return [...words, describeIcmp(body, own, isOwn || own.includes(destination))].join(' ');
  if (protocol !== 6 && protocol !== 17) return [...words, hex(body)].join(' ');
  return [...words, describeTransport(packet, body, protocol, isOwn, own.includes(destination))].join(' ');
}

/** A masquerade draws from here on for a port that is not among the lowest (nf_nat_l4proto_unique_tuple). */
const LOWEST_DRAWN = 600;

function describeTransport(
  packet: Uint8Array,
  body: Uint8Array,
  protocol: number,
  fromOwn: boolean,
  toOwn: boolean,
): string {
  const rest =
    protocol === 6 ? [body.subarray(4, 16), body.subarray(18)] : [body.subarray(4, 6), body.subarray(8)];
  return `${portsOf(body, fromOwn, toOwn)} ${rest.map(hex).join(' ')} ${checksumOf(packet, body, protocol)}`;
}

/** Those beside an address of the node's own may have been drawn. */
export function portsOf(body: Uint8Array, fromOwn: boolean, toOwn: boolean): string {
  const port = (at: number, isOwn: boolean): string =>
    isOwn && u16(body, at) >= LOWEST_DRAWN ? '*' : String(u16(body, at));
  return `${port(0, fromOwn)} > ${port(2, toOwn)}`;
}

/** Whether a checksum is right; one that was cut off with its packet says nothing. */
function checksumOf(packet: Uint8Array, body: Uint8Array, protocol: number): string {
  const isFragment = (u16(packet, 6) & 0x3fff) !== 0;
  const isCut = u16(packet, 2) > packet.length;
  if (isFragment || isCut) return 'unsummed';
  if (protocol === 17 && u16(body, 6) === 0) return 'no sum';
  const view = new DataView(packet.buffer, packet.byteOffset);
  const pseudo = pseudoHeaderSum(view.getUint32(12), view.getUint32(16), protocol, body.length);
  if (internetChecksum(body, 0, body.length, pseudo) === 0) return 'good sum';
  // What a node makes itself it may leave to the device, with the sum of the pseudo header only.
  const isReset = protocol === 6 && (body[13]! & 4) !== 0;
  const isLeft = (isReset || protocol === 17) && u16(body, protocol === 6 ? 16 : 6) === fold(pseudo);
  return isLeft ? 'good sum' : 'bad sum';
}

function describeIcmp(body: Uint8Array, own: readonly string[], isOwn: boolean): string {
  const sum = internetChecksum(body, 0, body.length) === 0 ? 'good sum' : 'bad sum';
  const [type, code] = body;
  const isError = [3, 11, 12].includes(type!);
  const rest = isError ? `[ ${describeQuoted(body.subarray(8), own)} ]` : hex(body.subarray(8));
  // An echo's identifier is to a masquerade what a port is.
  const id = isOwn && !isError ? '*' : hex(body.subarray(4, 6));
  return `icmp ${type}/${code} ${id} ${hex(body.subarray(6, 8))} ${rest} ${sum}`;
}

/** The packet that an error is about, as its sender sent it. */
function describeQuoted(packet: Uint8Array, own: readonly string[]): string {
  return packet.length < 28 ? hex(packet) : describeIpv4(packet, own);
}

/**
 * Whether two descriptions of what became of `given`, in the other world of `givenToOther`, say the same. A port may be another one in each if it is not
 * what it was in either: NAT moved it out of the way of a clash, to one of its class at random
 * (nf_nat_l4proto_unique_tuple).
 */
export function sameDescription(a: string, b: string, given: string, givenToOther: string): boolean {
  if (a === b) return true;
  // Each world answers to the ports that it has drawn.
  if (given !== givenToOther) return withoutPorts(a) === withoutPorts(b);
  const [, source, destination] = /proto (?:6|17) ([\d*]+) > ([\d*]+)/.exec(given) ?? [];
  const isGone = (port: string | undefined): boolean =>
    port !== undefined &&
    port !== '*' &&
    ![a, b].some((text) => new RegExp(`(?:proto (?:6|17)|>) ${port} `).test(text));
  return (isGone(source) || isGone(destination)) && withoutPorts(a) === withoutPorts(b);
}

const withoutPorts = (text: string): string => text.replace(/(proto (?:6|17)) [\d*]+ > [\d*]+/g, '$1 * > *');
