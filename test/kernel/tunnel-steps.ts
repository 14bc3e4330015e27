import type { Rng } from '../../platform/rng.ts';
import { LEARNING_TUNNEL_MAC, TUNNEL_MAC, UNDERLAYS, type Underlay, VNI } from './link-host.ts';
import type { HostStep } from './neighbour-steps.ts';
import { echoFrame, etherFrame, udpFrame } from './plain-frames.ts';

type Any = <T>(list: readonly T[]) => T;

const HOST = { from: '02:00:00:00:aa:00', to: '02:00:00:00:0d:00', source: '10.0.0.10' };
const REMOTES = ['3', '4', '5'];
const remoteMac = (address: string): string => `02:00:00:00:aa:1${address.at(-1)}`;

/** A packet that goes into a tunnel. */
export function drawInner(rng: Rng): HostStep {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const destination = any(['10.5.3.7', '10.5.3.7', '10.5.4.7', '10.6.0.3', '10.6.0.9']);
  const size = any([0, 100, 1400, 1402, 1403, 1421, 1422, 1423, 1472]);
  const way = { ...HOST, destination, hops: any([64, 64, 2, 1]), dontFragment: rng.int(2) === 0 };
  const frame = udpFrame(way, 5000, 9, rng.bytes(size));
  withClass(frame, any([0, 0, 0x10, 0xb8, 1, 2, 3, 0xff]));
  return { what: `${size} bytes to ${destination} ${way.dontFragment ? 'whole' : ''}`, device: 'd0', frame };
}

/** Sets the class of service, and the header's checksum for it (RFC 1624). */
function withClass(frame: Uint8Array, value: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset);
  const before = view.getUint16(14);
  frame[15] = value;
  const sum = (~view.getUint16(24) & 0xffff) + (~before & 0xffff) + view.getUint16(14);
  view.setUint16(24, ~((sum & 0xffff) + (sum >> 16)));
}

/** A frame that comes in by the tunnels' link, and may be one of theirs. */
export function drawOuter(rng: Rng, underlay: Underlay): HostStep {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const { own: node, prefix } = UNDERLAYS[underlay];
  const source = prefix + any(REMOTES);
  const vni = any([VNI, VNI, VNI, VNI + 1, VNI + 1, VNI + 2, 0]);
  const own = vni === VNI + 1 ? LEARNING_TUNNEL_MAC : TUNNEL_MAC;
  const from = any(['02:00:00:00:f1:03', '02:00:00:00:f1:13', '02:00:00:00:f1:77', own, '03:00:00:00:f1:03']);
  const to = any([own, own, own, 'ff:ff:ff:ff:ff:ff', '02:00:00:00:ee:ee', '01:00:5e:00:00:01']);
  const inner = innerFrame(rng, from, to, vni === VNI + 1 ? '10.6.0.3' : '10.5.3.7', vni);
  const header = new Uint8Array(8);
  header[0] = any([8, 8, 8, 8, 0, 0x0c, 0xff, 0x88]);
  new DataView(header.buffer).setUint32(4, (vni << 8) | any([0, 0, 0, 1, 255]));
  const cut = rng.int(10) === 0 ? rng.int(8 + inner.length) : 8 + inner.length;
  const body = Buffer.concat([header, inner]).subarray(0, cut);
  const way = { from: remoteMac(source), to: '02:00:00:00:0d:01', source, destination: node };
  const frame = udpFrame(way, 40_000, any([8472, 8472, 8472, 8472, 4789]), body);
  const sum = any(['zero', 'zero', 'right', 'wrong'] as const);
  const at = underlay === 'IPv6' ? 60 : 40;
  if (sum === 'zero') frame[at] = frame[at + 1] = 0;
  if (sum === 'wrong') frame[at + 1]! ^= 0x55;
  const tos = any([0, 0, 1, 2, 3, 0xb8]);
  if (underlay === 'IPv4') withClass(frame, tos);
  else frame.set([0x60 | (tos >> 4), (tos & 15) << 4], 14);
  return {
    what: `from ${source} vni ${vni} flags ${header[0]}: ${from} > ${to}, cut ${cut}, sum ${sum}`,
    device: 'u0',
    frame,
  };
}

function innerFrame(rng: Rng, from: string, to: string, source: string, vni: number): Uint8Array {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const kind = any(['to host', 'to host', 'echo', 'unknown', 'short'] as const);
  if (kind === 'unknown') return etherFrame(to, from, 0x88b5, rng.bytes(20));
  if (kind === 'short') return etherFrame(to, from, 0x0800, rng.bytes(rng.int(20)));
  const own = vni === VNI + 1 ? '10.6.0.1' : '10.5.0.0';
  const way = { from, to, source, destination: kind === 'echo' ? own : '10.0.0.10' };
  const frame =
    kind === 'echo' ? echoFrame(way, 3, rng.bytes(10)) : udpFrame(way, 5, 6, rng.bytes(any([0, 30, 1400])));
  withClass(frame, any([0, 0, 1, 2, 3]));
  return frame;
}

const ADDRESSES = [
  '02:00:00:00:f1:03',
  '02:00:00:00:f1:04',
  '02:00:00:00:f1:13',
  '00:00:00:00:00:00',
  '02:00:00:00:f1:77',
];

/** `bridge fdb` of tunnels. */
export function drawTunnelCommand(rng: Rng, underlay: Underlay): HostStep {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const device = any(['vx0', 'vx0', 'vx1']);
  const [address, remote] = [any(ADDRESSES), UNDERLAYS[underlay].prefix + any(REMOTES)];
  const line = any([
    `bridge fdb append ${address} dev ${device} dst ${remote}`,
    `bridge fdb append ${address} dev ${device} dst ${remote}`,
    `bridge fdb add ${address} dev ${device} dst ${remote}`,
    `bridge fdb replace ${any(ADDRESSES.filter((each) => !each.startsWith('00')))} dev ${device} dst ${remote}`,
    `bridge fdb del ${address} dev ${device}${any(['', ` dst ${remote}`])}`,
    any([
      `bridge fdb show dev ${device}`,
      `bridge fdb add ${address} dev ${device}`,
      `bridge fdb add x dev ${device} dst ${remote}`,
    ]),
  ]);
  return { what: line, line };
}
