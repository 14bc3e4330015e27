import type { Rng } from '../../platform/rng.ts';
import { BRIDGE_MAC, PORT_MACS, PORTS } from './link-host.ts';
import type { HostStep } from './neighbour-steps.ts';
import { echoFrame, etherFrame, udpFrame } from './plain-frames.ts';

type Any = <T>(list: readonly T[]) => T;

const HOSTS = ['02:00:00:00:aa:00', '02:00:00:00:aa:01', '02:00:00:00:aa:02', '02:00:00:00:aa:03'];
const SOURCES = [
  ...HOSTS,
  ...HOSTS,
  ...HOSTS,
  BRIDGE_MAC,
  PORT_MACS.p1,
  '03:00:00:00:aa:00',
  '00:00:00:00:00:00',
];
const DESTINATIONS = [
  ...[...HOSTS, ...HOSTS, BRIDGE_MAC, BRIDGE_MAC, ...Object.values(PORT_MACS), 'ff:ff:ff:ff:ff:ff'],
  ...['01:00:5e:01:02:03', '33:33:00:00:00:99', '02:00:00:00:ee:ee', '00:00:00:00:00:00'],
  ...['00', '01', '02', '03', '08', '0d', '0e', '0f', '10', '21'].map((last) => `01:80:c2:00:00:${last}`),
];

/** A frame between hosts, for the bridge, for many or for nobody. */
export function drawFrame(rng: Rng): HostStep {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const device = any(PORTS);
  const [from, to] = [any(SOURCES), any(DESTINATIONS)];
  const kind = any(['echo', 'udp', 'udp', 'unknown', 'unknown', 'tagged', 'arp', 'long'] as const);
  return { what: `${kind} into ${device}: ${from} > ${to}`, device, frame: frameOf(rng, kind, from, to) };
}

function frameOf(rng: Rng, kind: string, from: string, to: string): Uint8Array {
  const way = { from, to, source: '10.0.0.10', destination: '10.0.0.1' };
  const beyond = { ...way, destination: '10.0.0.77' };
  switch (kind) {
    case 'echo':
      return echoFrame(way, 7, rng.bytes(20));
    case 'udp':
      return udpFrame(beyond, 5000, 5001, rng.bytes(30));
    case 'long':
      return udpFrame(beyond, 5000, 5001, rng.bytes(1472));
    case 'arp':
      return etherFrame(to, from, 0x0806, rng.bytes(28));
    case 'tagged':
      return etherFrame(
        to,
        from,
        0x8100,
        Buffer.concat([Uint8Array.of(0, 1 + rng.int(9), 0x88, 0xb5), rng.bytes(44)]),
      );
    default:
      return etherFrame(to, from, 0x88b5, rng.bytes(46));
  }
}

const SETTINGS = ['hairpin', 'learning', 'flood', 'isolated', 'mcast_flood', 'bcast_flood'];

/** `bridge` and `ip link`, with and without sense. */
export function drawBridgeCommand(rng: Rng): HostStep {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const port = any(PORTS);
  const address = any([
    ...HOSTS,
    ...HOSTS,
    '02:00:00:00:ee:ee',
    BRIDGE_MAC,
    PORT_MACS.p0,
    '03:00:00:00:aa:01',
  ]);
  const kind = any(['static', 'static', 'dynamic', 'local', '']);
  const line = any([
    `bridge link set dev ${port} ${any(SETTINGS)} ${any(['on', 'off'])}`,
    `bridge link set dev ${port} ${any(SETTINGS)} ${any(['on', 'off'])}`,
    `bridge fdb ${any(['add', 'add', 'replace', 'append'])} ${address} dev ${port} master ${kind}`.trim(),
    `bridge fdb ${any(['add', 'replace'])} ${address} dev br0 self`,
    `bridge fdb del ${address} dev ${any([port, port, 'br0'])} ${any(['master', 'master', 'self'])}`,
    `ip link set ${port} ${any(['down', 'up', 'up'])}`,
    `ip link set ${port} ${any(['nomaster', 'master br0', 'master br0'])}`,
    `sysctl -qw net.bridge.bridge-nf-call-iptables=${rng.int(2)}`,
    any([
      ...[
        `bridge fdb show br br0 brport ${port}`,
        `bridge fdb show dev ${port}`,
        `bridge link show dev ${port}`,
      ],
      ...[
        `bridge -d link show dev ${port}`,
        'bridge fdb add x dev p0 master',
        'bridge fdb add 02:00:00:00:aa:01 master',
      ],
      ...['bridge fdb add 02:00:00:00:aa:01 dev nodev master', 'bridge link set dev nodev hairpin on'],
      ...['bridge link set dev p0 hairpin maybe', 'bridge link set dev lo hairpin on', 'bridge bogus'],
    ]),
  ]);
  return { what: line, line };
}
