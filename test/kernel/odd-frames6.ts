import { internetChecksum, pseudoHeaderSum } from '../../agents/netstack/checksum.ts';
import { writeEthernet } from '../../agents/netstack/header/ethernet.ts';
import { writeIpv6 } from '../../agents/netstack/header/ipv6-header.ts';
import { ipv6 } from '../../agents/netstack/ipv6.ts';
import { type Mac, mac } from '../../agents/netstack/mac.ts';
import type { Rng } from '../../platform/rng.ts';
import { HOSTS_6, type Port } from '../agents/netstack/flow/flow-world.ts';
import type { OddFrames } from './odd-frames.ts';

const GATEWAYS: Readonly<Record<Port, Mac>> = {
  pod2: mac('02:00:00:00:01:01'),
  pod3: mac('02:00:00:00:01:01'),
  eth0: mac('02:00:00:00:00:01'),
};
const SENDERS: readonly (readonly [Port, string])[] = [
  ['pod2', 'fd00:10:244:1::2'],
  ['pod3', 'fd00:10:244:1::3'],
  ['eth0', 'fd00:172:18::64'],
  ['eth0', 'fd00:172:18::3'],
];
const DESTINATIONS = [
  ...['fd00:10:244:1::2', 'fd00:10:244:1::3', 'fd00:10:244:2::2', 'fd00:172:18::64', '2001:db8::7'],
  ...['fd00:10:96::a', 'fd00:172:18::2', 'fd00:10:244:1::1', 'fd00:10:244:1::', 'fd00:192:0:2::1'],
];
/** Nobody's, nowhere's, everyone's, the node's own, mapped and local ones. */
const STRANGE_ADDRESSES = [
  ...[
    '::',
    '::1',
    '::2',
    '::ffff:10.244.1.2',
    'ff02::1',
    'ff02::2',
    'ff01::1',
    'ff05::1',
    'ff0e::1',
    'ff00::1',
  ],
  ...['fd00:172:18::', 'fd00:10:244:2::', 'fd00:10:244:1::1', 'fd00:172:18::2', 'fd00:10:244:1::77'],
  ...['fd00:10:244:3::3', '2001:4860::8888', 'fe80::1', 'fe80::ff:fe00:1', 'fe80::ff:fe00:101', 'fec0::1'],
  ...['fd00:172:18::77', '64:ff9b::1', '100::1', '2002:a00:1::1'],
];
const ODD_MACS = [
  ...['ff:ff:ff:ff:ff:ff', '33:33:00:00:00:01', '33:33:ff:00:00:02', '01:00:5e:00:00:01'],
  ...[
    '01:80:c2:00:00:0e',
    '02:00:00:00:77:01',
    '02:00:00:00:01:02',
    '02:00:00:00:01:03',
    '02:00:00:00:f1:61',
  ],
].map(mac);
/** Experimental, OSPF, IGMP, SCTP, ESP, IPv6 in IPv6, ICMP of IPv4, none. */
const ODD_PROTOCOLS = [253, 89, 2, 132, 50, 41, 1, 59, 255];

const [HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION] = [0, 43, 44, 60];
interface Extension {
  readonly type: number;
  /** Without the next header; the length is right unless it is what is odd. */
  readonly bytes: readonly number[];
}

/** Whole ones of eight bytes: the second byte counts further eights (RFC 8200 §4). */
const EXTENSIONS: Readonly<Record<string, readonly Extension[]>> = {
  'hop-by-hop, padded': [{ type: HOP_BY_HOP, bytes: [0, 1, 4, 0, 0, 0, 0] }],
  'hop-by-hop, router alert': [{ type: HOP_BY_HOP, bytes: [0, 5, 2, 0, 0, 1, 0] }],
  'hop-by-hop, unknown option to skip': [{ type: HOP_BY_HOP, bytes: [0, 0x1e, 2, 0, 0, 1, 0] }],
  'hop-by-hop, unknown option to drop for': [{ type: HOP_BY_HOP, bytes: [0, 0x5e, 2, 0, 0, 1, 0] }],
  'hop-by-hop, unknown option to report': [{ type: HOP_BY_HOP, bytes: [0, 0x9e, 2, 0, 0, 1, 0] }],
  'hop-by-hop, unknown option to report if unicast': [{ type: HOP_BY_HOP, bytes: [0, 0xde, 2, 0, 0, 1, 0] }],
  'hop-by-hop, an option past the end': [{ type: HOP_BY_HOP, bytes: [0, 0x1e, 40, 0, 0, 1, 0] }],
  'hop-by-hop, longer than the packet': [{ type: HOP_BY_HOP, bytes: [250, 1, 4, 0, 0, 0, 0] }],
  'hop-by-hop, padding that is not zero': [{ type: HOP_BY_HOP, bytes: [0, 1, 4, 1, 2, 3, 4] }],
  'hop-by-hop, much padding': [{ type: HOP_BY_HOP, bytes: [0, 0, 0, 0, 0, 0, 0] }],
  'destination options': [{ type: DESTINATION, bytes: [0, 1, 4, 0, 0, 0, 0] }],
  'destination options, unknown to report': [{ type: DESTINATION, bytes: [0, 0x9e, 2, 0, 0, 1, 0] }],
  'destination options, unknown to drop for': [{ type: DESTINATION, bytes: [0, 0x5e, 2, 0, 0, 1, 0] }],
  'destination options, home address': [{ type: DESTINATION, bytes: [0, 0xc9, 4, 0, 0, 0, 0] }],
  'destination options, past the end': [{ type: DESTINATION, bytes: [9, 1, 4, 0, 0, 0, 0] }],
  'routing type 0, done': [{ type: ROUTING, bytes: [0, 0, 0, 0, 0, 0, 0] }],
  'routing type 0': [{ type: ROUTING, bytes: [2, 0, 1, 0, 0, 0, 0, 0xfd, ...new Array(15).fill(0)] }],
  'routing of an unknown type, done': [{ type: ROUTING, bytes: [0, 77, 0, 0, 0, 0, 0] }],
  'routing of an unknown type': [{ type: ROUTING, bytes: [0, 77, 3, 0, 0, 0, 0] }],
  'hop-by-hop after others': [
    { type: DESTINATION, bytes: [0, 1, 4, 0, 0, 0, 0] },
    { type: HOP_BY_HOP, bytes: [0, 1, 4, 0, 0, 0, 0] },
  ],
  'several headers': [
    { type: HOP_BY_HOP, bytes: [0, 1, 4, 0, 0, 0, 0] },
    { type: DESTINATION, bytes: [0, 1, 4, 0, 0, 0, 0] },
    { type: ROUTING, bytes: [0, 0, 0, 0, 0, 0, 0] },
  ],
  'a whole packet in a fragment': [{ type: FRAGMENT, bytes: [0, 0, 0, 0, 0, 0, 9] }],
};

interface Ingredients {
  source: string;
  destination: string;
  protocol: number;
  trafficClass: number;
  label: number;
  hops: number;
  extensions: readonly Extension[];
  body: Uint8Array;
}

/** One packet of IPv6, or the pieces of one, with something unusual about it; now and then with nothing. */
export function drawOddFrames6(rng: Rng, index: number): OddFrames {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const [port, host] = any(SENDERS);
  const packet: Ingredients = {
    source: host,
    destination: any(DESTINATIONS),
    protocol: any([17, 17, 6, 6, 58]),
    trafficClass: 0,
    label: 0,
    hops: 64,
    extensions: [],
    body: new Uint8Array(),
  };
  const header = drawHeader(rng, packet);
  const transport = drawTransport(rng, packet, index);
  const link = drawLink(rng, port);
  const { pieces, what } =
    link.isFlooded || packet.extensions.length > 0
      ? { pieces: [packet], what: '' }
      : drawPieces(rng, packet, index);
  const frames = pieces.map((piece) => link.wrap(damaged(rng, header.damage, ipPacket(piece)), host));
  const names = [header.what, transport, link.what, what].filter((name) => name !== '');
  return {
    what: `${packet.source} > ${packet.destination} proto ${packet.protocol}: ${names.join(', ') || 'plain'}`,
    port,
    frames: frames.filter((frame) => frame.length >= 14 && frame.length <= 1514),
  };
}

type Damage = 'none' | 'version' | 'too long' | 'too short' | 'cut' | 'padded' | 'jumbo';

function drawHeader(rng: Rng, packet: Ingredients): { what: string; damage: Damage } {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const none = { damage: 'none' } as const;
  switch (rng.int(9)) {
    case 0:
      packet.source = any(STRANGE_ADDRESSES);
      return { what: 'strange source', ...none };
    case 1:
      packet.destination = any(STRANGE_ADDRESSES);
      return { what: 'strange destination', ...none };
    case 2:
      packet.hops = any([0, 1, 1, 2, 255]);
      return { what: `hops ${packet.hops}`, ...none };
    case 3:
      packet.trafficClass = any([0xb8, 3, 2, 0x10, 0xff]);
      packet.label = any([0, 0xabcde]);
      return { what: `class ${packet.trafficClass} label ${packet.label}`, ...none };
    case 4:
      packet.protocol = any(ODD_PROTOCOLS);
      return { what: '', ...none };
    case 5: {
      const [name, extensions] = any(Object.entries(EXTENSIONS));
      packet.extensions = extensions;
      return { what: name, ...none };
    }
    case 6: {
      const damage = any(['version', 'too long', 'too short', 'cut', 'padded', 'padded', 'jumbo'] as const);
      return { what: damage, damage };
    }
    default:
      return { what: '', ...none };
  }
}

function damaged(rng: Rng, damage: Damage, packet: Uint8Array): Uint8Array {
  const view = new DataView(packet.buffer);
  switch (damage) {
    case 'none':
      break;
    case 'version':
      packet[0] = 0x40 | (packet[0]! & 15);
      break;
    case 'too long':
      view.setUint16(4, view.getUint16(4) + 1 + rng.int(100));
      break;
    case 'too short':
      view.setUint16(4, rng.int(view.getUint16(4) + 1));
      break;
    case 'jumbo':
      view.setUint16(4, 0);
      break;
    case 'cut':
      return packet.subarray(0, rng.int(packet.length));
    case 'padded': {
      const padded = new Uint8Array(packet.length + 1 + rng.int(40));
      padded.fill(0xaa);
      padded.set(packet);
      return padded;
    }
  }
  return packet;
}

/** Echoes, what asks about groups and neighbours, errors about nothing, and types that nobody knows. */
const ICMP_TYPES = [128, 128, 128, 129, 1, 2, 3, 4, 130, 133, 134, 135, 136, 137, 143, 100, 200];

function drawTransport(rng: Rng, packet: Ingredients, index: number): string {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const payload = rng.bytes(any([0, 1, 8, 33, 512, 1200, 1382, 1402, 1452]));
  const sourcePort = any([10_000 + index, 10_000 + index, 600 + (index % 400)]);
  const destinationPort = any([80, 80, 8080, 30080, 53, 0, 1234]);
  switch (packet.protocol) {
    case 17:
      packet.body = udp(sourcePort, destinationPort, payload);
      break;
    case 6: {
      const flags = any([2, 2, 16, 18, 4, 20, 1, 0, 255, 3, 41, 24]);
      packet.body = tcp(sourcePort, destinationPort, flags, payload.subarray(0, 1380));
      break;
    }
    case 58:
      packet.body = icmp(any(ICMP_TYPES), any([0, 0, 0, 1]), index, payload);
      break;
    default:
      packet.body = payload;
  }
  const what = any(['', '', '', 'bad sum', 'no sum', 'cut short', 'length']);
  summed(packet);
  const at = SUM_AT[packet.protocol];
  const { body } = packet;
  if (body.length < 8 || at === undefined) return '';
  switch (what) {
    case 'bad sum':
      body[at]! ^= 1 + rng.int(255);
      break;
    case 'no sum':
      body[at] = body[at + 1] = 0;
      break;
    case 'cut short':
      packet.body = body.subarray(0, rng.int(Math.min(body.length, 24)));
      break;
    case 'length':
      if (packet.protocol === 17) body[5]! ^= 1 + rng.int(255);
      else if (packet.protocol === 6) body[12]! = any([0, 0x40, body.length < 60 ? 0xf0 : 0x10]);
      summed(packet);
  }
  return what;
}

interface LinkChoice {
  readonly what: string;
  /** Whether a bridge may copy it. */
  readonly isFlooded: boolean;
  wrap(packet: Uint8Array, host: string): Uint8Array;
}

function drawLink(rng: Rng, port: Port): LinkChoice {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const ethernet =
    (to: Mac, type: number, from?: Mac) =>
    (packet: Uint8Array, host: string): Uint8Array => {
      const frame = new Uint8Array(14 + packet.length);
      writeEthernet(frame, 0, to, from ?? HOSTS_6[port][host]!, type);
      frame.set(packet, 14);
      return frame;
    };
  switch (rng.int(10)) {
    case 0: {
      const to = any(ODD_MACS);
      return { what: `to ${to.toString(16)}`, isFlooded: true, wrap: ethernet(to, 0x86dd) };
    }
    case 1: {
      const from = any(['02:00:00:00:88:01', '03:00:00:00:88:01', '00:00:00:00:00:00', '02:00:00:00:01:01']);
      return { what: `from ${from}`, isFlooded: false, wrap: ethernet(GATEWAYS[port], 0x86dd, mac(from)) };
    }
    default:
      return { what: '', isFlooded: false, wrap: ethernet(GATEWAYS[port], 0x86dd) };
  }
}

function drawPieces(rng: Rng, packet: Ingredients, index: number): { what: string; pieces: Ingredients[] } {
  const { body } = packet;
  if (rng.int(4) !== 0 || body.length < 40) return { what: '', pieces: [packet] };
  const cut = (24 + rng.int(body.length - 24)) & ~7;
  const piece = (from: number, to: number, more = to < body.length): Ingredients => {
    const place = from | (more ? 1 : 0);
    const bytes = [0, place >> 8, place & 255, 0, 0, index >> 8, index & 255];
    return { ...packet, extensions: [{ type: FRAGMENT, bytes }], body: body.subarray(from, to) };
  };
  const [first, second] = [piece(0, cut), piece(cut, body.length)];
  const middle = Math.max(24, (cut >> 4) << 3);
  const ways: readonly (readonly [string, readonly Ingredients[]])[] = [
    ['two fragments', [first, second]],
    ['two fragments, the last first', [second, first]],
    ['a first fragment alone', [first]],
    ['a last fragment alone', [second]],
    ['three fragments', middle < cut ? [piece(middle, cut), piece(0, middle), second] : [first, second]],
    ['a fragment twice', [first, first, second]],
    ['overlapping fragments', [first, piece(cut - 8, body.length)]],
    ['a fragment past the end', [{ ...second, extensions: piece(0xfff8, body.length).extensions }, first]],
    ['a middle that is no multiple of eight', [piece(0, cut - 1, true), second]],
    ['an atomic fragment', [piece(0, body.length)]],
  ];
  const [what, pieces] = ways[rng.int(ways.length)]!;
  return { what: `${what} at ${cut} of ${body.length}`, pieces: [...pieces] };
}

function ipPacket({ source, destination, extensions, body, protocol, ...rest }: Ingredients): Uint8Array {
  const between = extensions.reduce((sum, { bytes }) => sum + 1 + bytes.length, 0);
  const packet = new Uint8Array(40 + between + body.length);
  const view = new DataView(packet.buffer);
  view.setUint32(0, 0x60000000 + rest.trafficClass * 2 ** 20 + rest.label);
  view.setUint16(4, between + body.length);
  packet[6] = extensions[0]?.type ?? protocol;
  packet[7] = rest.hops;
  writeIpv6(packet, 8, ipv6(source));
  writeIpv6(packet, 24, ipv6(destination));
  let at = 40;
  for (const [index, { bytes }] of extensions.entries()) {
    packet.set([extensions[index + 1]?.type ?? protocol, ...bytes], at);
    at += 1 + bytes.length;
  }
  packet.set(body, at);
  return packet;
}

function udp(source: number, destination: number, payload: Uint8Array): Uint8Array {
  const body = new Uint8Array(8 + payload.length);
  const view = new DataView(body.buffer);
  view.setUint16(0, source);
  view.setUint16(2, destination);
  view.setUint16(4, body.length);
  body.set(payload, 8);
  return body;
}

function tcp(source: number, destination: number, flags: number, payload: Uint8Array): Uint8Array {
  const body = new Uint8Array(20 + payload.length);
  const view = new DataView(body.buffer);
  view.setUint16(0, source);
  view.setUint16(2, destination);
  view.setUint32(4, 7);
  view.setUint32(8, 9);
  view.setUint16(12, 0x5000 | flags);
  view.setUint16(14, 1000);
  body.set(payload, 20);
  return body;
}

function icmp(type: number, code: number, index: number, payload: Uint8Array): Uint8Array {
  const body = new Uint8Array(8 + payload.length);
  const view = new DataView(body.buffer);
  body.set([type, code]);
  view.setUint16(4, index);
  view.setUint16(6, 1);
  body.set(payload, 8);
  return body;
}

const SUM_AT: Readonly<Record<number, number>> = { 6: 16, 17: 6, 58: 2 };

/** Writes the checksum that the body ought to have. */
function summed({ source, destination, protocol, body }: Ingredients): void {
  const at = SUM_AT[protocol];
  if (at === undefined || body.length < at + 2) return;
  const view = new DataView(body.buffer, body.byteOffset);
  view.setUint16(at, 0);
  const pseudo = pseudoHeaderSum(ipv6(source), ipv6(destination), protocol, body.length);
  view.setUint16(at, internetChecksum(body, 0, body.length, pseudo) || 0xffff);
}
