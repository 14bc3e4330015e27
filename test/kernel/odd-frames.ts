import { internetChecksum, pseudoHeaderSum } from '../../agents/netstack/checksum.ts';
import { writeEthernet } from '../../agents/netstack/header/ethernet.ts';
import { ipv4 } from '../../agents/netstack/ipv4.ts';
import { type Mac, mac } from '../../agents/netstack/mac.ts';
import type { Rng } from '../../platform/rng.ts';
import { HOSTS, type Port } from '../agents/netstack/flow/flow-world.ts';

/** Frames that go into one device together, and what they are. */
export interface OddFrames {
  readonly what: string;
  readonly port: Port;
  readonly frames: readonly Uint8Array[];
}

const GATEWAYS: Readonly<Record<Port, Mac>> = {
  pod2: mac('02:00:00:00:01:01'),
  pod3: mac('02:00:00:00:01:01'),
  eth0: mac('02:00:00:00:00:01'),
};
const SENDERS: readonly (readonly [Port, string])[] = [
  ['pod2', '10.244.1.2'],
  ['pod3', '10.244.1.3'],
  ['eth0', '172.18.0.100'],
  ['eth0', '172.18.0.3'],
];
const DESTINATIONS = [
  ...['10.244.1.2', '10.244.1.3', '10.244.2.2', '172.18.0.100', '203.0.113.7'],
  ...['10.96.0.10', '172.18.0.2', '10.244.1.1', '10.244.1.0', '192.0.2.1'],
];
/** Nobody's, nowhere's, everyone's, the node's own. */
const STRANGE_ADDRESSES = [
  ...['0.0.0.0', '0.1.2.3', '127.0.0.1', '127.5.5.5', '224.0.0.1', '239.1.1.1', '240.0.0.1'],
  ...['255.255.255.255', '172.18.0.0', '10.244.2.0', '10.244.2.255'],
  ...['10.244.1.1', '172.18.0.2', '10.244.1.77', '10.244.3.3', '8.8.8.8', '169.254.1.1', '172.18.7.7'],
];
const BROADCAST_ADDRESSES = ['10.244.1.255', '172.18.255.255'];
const ODD_MACS = [
  ...['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '33:33:00:00:00:01', '01:80:c2:00:00:00'],
  ...['01:80:c2:00:00:0e', '02:00:00:00:77:01', '02:00:00:00:01:02', '02:00:00:00:01:03'],
  ...['02:00:00:00:00:01', '02:00:00:00:f1:01'],
].map(mac);
/** Experimental, OSPF, IGMP, SCTP, ESP, IP in IP, none. */
const ODD_PROTOCOLS = [253, 89, 2, 132, 50, 4, 0, 255];
/** Each fills whole words; RFC 791 §3.1, RFC 2113. */
const OPTIONS = {
  'no operation': [1, 1, 1, 1],
  'end of options': [0, 0, 0, 0],
  'router alert': [148, 4, 0, 0],
  'bad length': [7, 40, 4, 0],
  'length 0': [68, 0, 5, 0],
  'unknown option': [30, 4, 0, 0],
} as const;

interface Ingredients {
  source: string;
  destination: string;
  protocol: number;
  tos: number;
  ttl: number;
  id: number;
  fragment: number;
  options: readonly number[];
  body: Uint8Array;
}

/** One packet, or the pieces of one, with something unusual about it; now and then with nothing. */
export function drawOddFrames(rng: Rng, index: number): OddFrames {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const [port, host] = any(SENDERS);
  const packet: Ingredients = {
    source: host,
    destination: any(DESTINATIONS),
    protocol: any([17, 17, 6, 6, 1]),
    tos: 0,
    ttl: 64,
    id: 1000 + index,
    fragment: rng.int(3) === 0 ? 0x4000 : 0,
    options: [],
    body: new Uint8Array(),
  };
  const header = drawHeader(rng, packet);
  const transport = drawTransport(rng, packet, index);
  const link = drawLink(rng, port);
  const { pieces, what } = link.isFlooded ? { pieces: [packet], what: '' } : drawPieces(rng, packet);
  const frames = pieces.map((piece) => link.wrap(damaged(rng, header.damage, ipPacket(piece)), host));
  const names = [header.what, transport.what, link.what, what].filter((name) => name !== '');
  return {
    what: `${packet.source} > ${packet.destination} proto ${packet.protocol}: ${names.join(', ') || 'plain'}`,
    port,
    frames: frames.filter((frame) => frame.length >= 14 && frame.length <= 1514),
  };
}

type Damage =
  | 'none'
  | 'version'
  | 'short header'
  | 'long header'
  | 'checksum'
  | 'too long'
  | 'cut'
  | 'padded';

function drawHeader(rng: Rng, packet: Ingredients): { what: string; damage: Damage } {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const none = { damage: 'none' } as const;
  switch (rng.int(9)) {
    case 0:
      packet.source = any(STRANGE_ADDRESSES);
      return { what: 'strange source', ...none };
    case 1:
      packet.destination = any([...STRANGE_ADDRESSES, ...BROADCAST_ADDRESSES]);
      return { what: 'strange destination', ...none };
    case 2:
      packet.ttl = any([0, 1, 1, 2, 255]);
      return { what: `ttl ${packet.ttl}`, ...none };
    case 3:
      packet.tos = any([0xb8, 3, 2, 0x10, 0xff]);
      return { what: `tos ${packet.tos}`, ...none };
    case 4:
      packet.protocol = any(ODD_PROTOCOLS);
      return { what: '', ...none };
    case 5: {
      const [name, bytes] = any(Object.entries(OPTIONS));
      packet.options = bytes;
      return { what: name, ...none };
    }
    case 6: {
      const damage = any([
        'version',
        'short header',
        'long header',
        'checksum',
        'too long',
        'cut',
        'padded',
        'padded',
      ] as const);
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
      return packet;
    case 'version':
      packet[0] = 0x60 | (packet[0]! & 15);
      break;
    case 'short header':
      packet[0] = 0x44;
      break;
    case 'long header':
      packet[0] = 0x4f;
      break;
    case 'checksum':
      packet[10]! ^= 1 + rng.int(255);
      return packet;
    case 'too long':
      view.setUint16(2, view.getUint16(2) + 1 + rng.int(100));
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
  view.setUint16(10, 0);
  const header = Math.min(packet.length, Math.max(20, (packet[0]! & 15) * 4));
  view.setUint16(10, internetChecksum(packet, 0, header));
  return packet;
}

function drawTransport(rng: Rng, packet: Ingredients, index: number): { what: string } {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const payload = rng.bytes(any([0, 1, 8, 33, 512, 1300, 1422, 1472]));
  const sourcePort = any([10_000 + index, 10_000 + index, 600 + (index % 400)]);
  const destinationPort = any([80, 80, 8080, 30080, 53, 0, 1234]);
  switch (packet.protocol) {
    case 17:
      packet.body = udp(sourcePort, destinationPort, payload);
      break;
    case 6: {
      const flags = any([2, 2, 16, 18, 4, 20, 1, 0, 255, 3, 41, 24]);
      packet.body = tcp(sourcePort, destinationPort, flags, payload.subarray(0, 1400));
      break;
    }
    case 1:
      packet.body = icmp(any([8, 8, 8, 0, 17, 15, 30, 5, 9]), any([0, 0, 0, 1]), index, payload);
      break;
    default:
      packet.body = payload;
  }
  const what = any(['', '', '', 'bad sum', 'no sum', 'cut short', 'length']);
  summed(packet);
  const at = packet.protocol === 17 ? 6 : packet.protocol === 6 ? 16 : 2;
  const { body } = packet;
  if (body.length < 8 || ![1, 6, 17].includes(packet.protocol)) return { what: '' };
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
  return { what };
}

interface LinkChoice {
  readonly what: string;
  /** Whether a bridge may copy it: in what pieces the copies leave is another story (docs/fidelity.md). */
  readonly isFlooded: boolean;
  wrap(packet: Uint8Array, host: string): Uint8Array;
}

function drawLink(rng: Rng, port: Port): LinkChoice {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const ethernet =
    (to: Mac, type: number, from?: Mac) =>
    (packet: Uint8Array, host: string): Uint8Array => {
      const frame = new Uint8Array(14 + packet.length);
      writeEthernet(frame, 0, to, from ?? HOSTS[port][host]!, type);
      frame.set(packet, 14);
      return frame;
    };
  switch (rng.int(10)) {
    case 0: {
      const to = any(ODD_MACS);
      return { what: `to ${to.toString(16)}`, isFlooded: true, wrap: ethernet(to, 0x0800) };
    }
    case 1: {
      const type = any([0x88cc, 0x0806, 46, 0, 0x9000, 0x8035]);
      const to = any([GATEWAYS[port], ...ODD_MACS]);
      const what = `type ${type.toString(16)} to ${to.toString(16)}`;
      return { what, isFlooded: true, wrap: ethernet(to, type) };
    }
    case 2: {
      const from = any(['02:00:00:00:88:01', '03:00:00:00:88:01', '00:00:00:00:00:00', '02:00:00:00:01:01']);
      return {
        what: `from ${from}`,
        isFlooded: false,
        wrap: ethernet(GATEWAYS[port], 0x0800, mac(from)),
      };
    }
    default:
      return { what: '', isFlooded: false, wrap: ethernet(GATEWAYS[port], 0x0800) };
  }
}

function drawPieces(rng: Rng, packet: Ingredients): { what: string; pieces: Ingredients[] } {
  const { body } = packet;
  if (rng.int(4) !== 0 || body.length < 40) return { what: '', pieces: [packet] };
  // A first fragment without the whole of TCP's header is another story (docs/fidelity.md).
  const shortest = packet.protocol === 6 ? 24 : 8;
  const cut = (shortest + rng.int(body.length - shortest)) & ~7;
  const flags = rng.int(5) === 0 ? 0x4000 : 0;
  const piece = (from: number, to: number): Ingredients => ({
    ...packet,
    fragment: flags | (from >> 3) | (to < body.length ? 0x2000 : 0),
    body: body.subarray(from, to),
  });
  const [first, second] = [piece(0, cut), piece(cut, body.length)];
  const middle = Math.max(shortest, (cut >> 4) << 3);
  const ways: readonly (readonly [string, readonly Ingredients[]])[] = [
    ['two fragments', [first, second]],
    ['two fragments, the last first', [second, first]],
    ['a first fragment alone', [first]],
    ['a last fragment alone', [second]],
    ['three fragments', middle < cut ? [piece(middle, cut), piece(0, middle), second] : [first, second]],
    ['a fragment twice', [first, first, second]],
    ['overlapping fragments', [first, piece(Math.max(0, cut - 8), body.length)]],
    ['a fragment past the end', [{ ...second, fragment: 0x1fff }, first]],
    ['a middle that is no multiple of eight', [piece(0, cut - 1), second]],
  ];
  const [what, pieces] = ways[rng.int(ways.length)]!;
  return { what: `${what} at ${cut} of ${body.length}`, pieces: [...pieces] };
}

function ipPacket({ source, destination, options, body, ...rest }: Ingredients): Uint8Array {
  const header = 20 + options.length;
  const packet = new Uint8Array(header + body.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x40 | (header >> 2);
  packet[1] = rest.tos;
  view.setUint16(2, packet.length);
  view.setUint16(4, rest.id);
  view.setUint16(6, rest.fragment);
  packet[8] = rest.ttl;
  packet[9] = rest.protocol;
  view.setUint32(12, ipv4(source));
  view.setUint32(16, ipv4(destination));
  packet.set(options, 20);
  packet.set(body, header);
  view.setUint16(10, internetChecksum(packet, 0, header));
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

/** Writes the checksum that the body ought to have. */
function summed({ source, destination, protocol, body }: Ingredients): void {
  const at = protocol === 17 ? 6 : protocol === 6 ? 16 : protocol === 1 ? 2 : undefined;
  if (at === undefined || body.length < at + 2) return;
  const view = new DataView(body.buffer, body.byteOffset);
  view.setUint16(at, 0);
  const pseudo = protocol === 1 ? 0 : pseudoHeaderSum(ipv4(source), ipv4(destination), protocol, body.length);
  view.setUint16(at, internetChecksum(body, 0, body.length, pseudo) || 0xffff);
}
