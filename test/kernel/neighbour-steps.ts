import { putU16, putU32 } from '../../agents/netstack/bytes.ts';
import { writeArp } from '../../agents/netstack/header/arp.ts';
import { writeIpv6 } from '../../agents/netstack/header/ipv6-header.ts';
import { ipv4 } from '../../agents/netstack/ipv4.ts';
import { formatIpv6, ipv6, solicitedNode } from '../../agents/netstack/ipv6.ts';
import { mac, writeMac } from '../../agents/netstack/mac.ts';
import type { Rng } from '../../platform/rng.ts';
import { ADDRESSES, NEIGHBOUR_HOST } from './neighbour-host.ts';
import { echoFrame, etherFrame, ipFrame, udpFrame } from './plain-frames.ts';

/** A frame for a device, or a command. */
export type HostStep =
  | { readonly what: string; readonly device: string; readonly frame: Uint8Array }
  | { readonly what: string; readonly line: string };

type Any = <T>(list: readonly T[]) => T;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const NODE = NEIGHBOUR_HOST.devices.d0!;

/** Hosts on the first link, each where it usually is and where it may have moved to. */
const HOSTS: Readonly<Record<string, readonly string[]>> = {
  '10.0.0.2': ['02:00:00:00:aa:02', '02:00:00:00:bb:02'],
  '10.0.0.3': ['02:00:00:00:aa:03', '02:00:00:00:bb:03'],
  '10.0.9.2': ['02:00:00:00:aa:92', '02:00:00:00:bb:92'],
};
const ELSEWHERE = '02:00:00:00:cc:01';
const SENDERS = [
  ...[
    '10.0.0.2',
    '10.0.0.2',
    '10.0.0.2',
    '10.0.0.3',
    '10.0.9.2',
    '0.0.0.0',
    '10.0.0.1',
    '10.0.1.2',
    '10.99.0.1',
  ],
  ...[
    '10.7.7.7',
    '224.0.0.5',
    '255.255.255.255',
    '127.0.0.1',
    '10.0.0.255',
    '10.0.0.250',
    '10.0.1.1',
    '0.1.2.3',
  ],
];
const TARGETS = [
  ...['10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.33', '10.0.9.1', '10.0.1.1', '10.99.0.1', '10.0.1.2'],
  ...['10.0.1.77', '10.5.0.7', '10.0.0.2', '10.0.0.77', '127.0.0.1', '224.0.0.1', '0.0.0.0', '10.0.0.255'],
  ...['255.255.255.255', '10.7.7.7', '10.0.1.255'],
];

export function drawArp(rng: Rng): HostStep {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const sender = any(SENDERS);
  const isGratuitous = rng.int(4) === 0;
  const target = isGratuitous ? sender : any(TARGETS);
  const operation = any([1, 1, 1, 2, 2, 2, 3, 0, 8]);
  const senderMac = any([...(HOSTS[sender] ?? [ELSEWHERE]), (HOSTS[sender] ?? [ELSEWHERE])[0]!, BROADCAST]);
  const targetMac = any(['00:00:00:00:00:00', NODE, senderMac, BROADCAST]);
  const to = any([BROADCAST, BROADCAST, NODE, NODE, NODE, '02:00:00:00:99:99', '01:00:5e:00:00:01']);
  const body = new Uint8Array(28);
  writeArp(body, 0, {
    operation,
    senderMac: mac(senderMac),
    senderAddress: ipv4(sender),
    targetMac: mac(targetMac),
    targetAddress: ipv4(target),
  });
  const damage =
    rng.int(8) === 0 ? any(['hardware', 'protocol', 'lengths', 'cut', 'padded', 'IEEE 802']) : '';
  return {
    what: `ARP ${operation} ${sender} (${senderMac}) > ${target} (${targetMac}) to ${to} ${damage}`,
    device: 'd0',
    frame: etherFrame(to, any([senderMac, senderMac, ELSEWHERE]), 0x0806, damagedArp(rng, body, damage)),
  };
}

function damagedArp(rng: Rng, body: Uint8Array, damage: string): Uint8Array {
  if (damage === 'hardware') putU16(body, 0, 7);
  if (damage === 'IEEE 802') putU16(body, 0, 6);
  if (damage === 'protocol') putU16(body, 2, 0x86dd);
  if (damage === 'lengths') body[4 + rng.int(2)] = rng.int(20);
  if (damage === 'cut') return body.subarray(0, rng.int(28));
  return damage === 'padded' ? Buffer.concat([body, new Uint8Array(18)]) : body;
}

/** A packet that the node has to send on, or to answer. */
export function drawPacket(rng: Rng): HostStep {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const [source, ...targets] = any([
    ['10.0.0.250', '10.0.1.2', '10.0.1.3', '10.5.0.7', '10.0.9.2', '10.0.0.2'],
    ['10.0.0.2', '10.0.0.1', '10.0.0.33', '10.99.0.1', '10.0.1.1', '10.0.1.2'],
    ['10.0.9.2', '10.0.0.1', '10.0.9.1', '10.0.1.1', '10.0.1.2'],
    ['fd00::2', 'fd00::1', 'fd01::1', 'fd01::2', 'fd05::7', 'fd00::3'],
    ['fe80::2', 'fd00::1', 'fe80::ff:fe00:d00'],
  ] as const);
  const destination = any(targets);
  const way = { from: HOSTS[source]?.[0] ?? ELSEWHERE, to: NODE, source, destination };
  const payload = rng.bytes(any([0, 8, 100, 600]));
  const isEcho = rng.int(2) === 0;
  return {
    what: `${isEcho ? 'echo' : 'udp'} ${source} > ${destination}`,
    device: 'd0',
    frame: isEcho ? echoFrame(way, 5, payload) : udpFrame(way, 5000, 9, payload),
  };
}

const HOSTS_6 = ['fd00::2', 'fd00::3', 'fe80::2'];
const SIX_MACS = ['02:00:00:00:aa:62', '02:00:00:00:bb:62'];
const TARGETS_6 = [
  ...[
    'fd00::1',
    'fd00::1',
    'fe80::ff:fe00:d00',
    'fd01::1',
    'fd00::',
    'fd00::2',
    'fd00::3',
    'fd01::77',
    'fd00::77',
  ],
  ...['ff02::1', '::', 'fe80::2'],
];

/** A solicitation or an advertisement (RFC 4861 §4.3, §4.4). */
export function drawDiscovery(rng: Rng): HostStep {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const isSolicitation = rng.int(2) === 0;
  const source = any(isSolicitation ? [...HOSTS_6, '::', 'fd00::1', 'fd09::9'] : [...HOSTS_6, 'fd00::1']);
  const target = any(isSolicitation ? TARGETS_6 : [...HOSTS_6, ...HOSTS_6, ...TARGETS_6]);
  const group = formatIpv6(solicitedNode(ipv6(target)));
  const destination = any([
    ...(isSolicitation ? [group, group, group] : ['fd00::1', 'fe80::ff:fe00:d00']),
    ...['fd00::1', 'ff02::1', 'ff02::1:ff00:99', 'fd01::1'],
  ]);
  const option = any([
    ...[
      'own',
      'own',
      'own',
      'none',
      'none',
      'other',
      'long',
      'zero',
      'cut',
      'twice',
      'unknown, then own',
      'nonce',
    ],
  ] as const);
  const flags = isSolicitation ? 0 : (rng.int(8) << 29) >>> 0;
  const own = any(SIX_MACS);
  const body = discoveryBody(isSolicitation, flags, target, optionBytes(option, isSolicitation, own));
  const hops = rng.int(10) === 0 ? 254 : 255;
  const code = rng.int(16) === 0 ? 1 : 0;
  body[1] = code;
  const to = destination.startsWith('ff')
    ? `33:33:${hexOf(destination)}`
    : any([NODE, NODE, NODE, BROADCAST]);
  const frame = ipFrame({ from: own, to, source, destination, hops }, 58, body, 2);
  const isDamaged = rng.int(16) === 0;
  if (isDamaged) frame[56]! ^= 1;
  const name = isSolicitation ? 'NS' : `NA ${flags.toString(16)}`;
  return {
    what: `${name} ${source} > ${destination} for ${target}, option ${option} ${own}, hops ${hops} code ${code} ${isDamaged ? 'bad sum' : ''}`,
    device: 'd0',
    frame: rng.int(20) === 0 ? frame.subarray(0, 54 + rng.int(24)) : frame,
  };
}

function hexOf(group: string): string {
  const low = ipv6(group) & 0xffffffffn;
  return low
    .toString(16)
    .padStart(8, '0')
    .replace(/(..)(?!$)/g, '$1:');
}

function discoveryBody(
  isSolicitation: boolean,
  flags: number,
  target: string,
  option: Uint8Array,
): Uint8Array {
  const body = new Uint8Array(24 + option.length);
  body[0] = isSolicitation ? 135 : 136;
  putU32(body, 4, flags);
  writeIpv6(body, 8, ipv6(target));
  body.set(option, 24);
  return body;
}

type OptionChoice =
  | ('own' | 'none' | 'other' | 'long' | 'zero' | 'cut' | 'twice')
  | ('unknown, then own' | 'nonce');

function optionBytes(choice: OptionChoice, isSolicitation: boolean, address: string): Uint8Array {
  const type = isSolicitation ? 1 : 2;
  const option = (kind: number, length = 1): Uint8Array => {
    const bytes = new Uint8Array(8 * Math.max(1, length));
    bytes[0] = kind;
    bytes[1] = length;
    writeMac(bytes, 2, mac(address));
    return bytes;
  };
  const other = option(type);
  other[7]! ^= 0xff;
  const choices: Readonly<Record<OptionChoice, Uint8Array>> = {
    own: option(type),
    none: new Uint8Array(),
    other: option(3 - type),
    long: option(type, 2),
    zero: option(type, 0),
    cut: option(type).subarray(0, 7),
    twice: Buffer.concat([option(type), other]),
    'unknown, then own': Buffer.concat([option(200, 2), option(type)]),
    nonce: Buffer.concat([option(14), option(type)]),
  };
  return choices[choice];
}

const STATES = ['permanent', 'reachable', 'stale', 'noarp', 'failed', 'none', 'incomplete', 'bogus'];

/** `ip neigh`, with and without sense. */
export function drawCommand(rng: Rng): HostStep {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const address = any(ADDRESSES);
  const device = any([/1[.:]/.test(address.slice(3, 7)) ? 'd1' : 'd0', 'd0', 'd0', 'd1']);
  const lines = [
    `ip neigh ${any(['add', 'replace', 'change', 'del', 'add', 'replace', 'change'])} ${drawWords(rng, address, device)}`,
    `ip neigh ${any(['add', 'add', 'replace', 'change', 'del'])} proxy ${address} dev ${device}${any(['', '', ' router'])}`,
    any([
      ...[
        `ip neigh show dev ${device}`,
        `ip neigh show ${address}`,
        'ip neigh show proxy',
        'ip -j neigh show dev d1 nud permanent',
      ],
      ...[
        'ip neigh show nud stale',
        'ip neigh show to 10.0.0.0/30',
        'ip -6 neigh',
        'ip -4 neigh',
        'ip neigh show 10.0.0.0/33',
      ],
      ...[
        'ip neigh flush',
        `ip neigh flush dev ${device}`,
        'ip neigh flush nud stale',
        `ip neigh flush ${address}`,
      ],
      ...[
        'ip neigh show router',
        'ip neigh bogus',
        'ip neigh show dev nodev',
        'ip neigh show bogus',
        'ip neigh lst',
      ],
    ]),
  ];
  const line = lines[any([0, 0, 0, 1, 2])]!;
  return { what: line, line };
}

function drawWords(rng: Rng, address: string, device: string): string {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const words = [
    any(['', 'to ']) + (rng.int(20) === 0 ? any(['banana', '', `${address} 10.0.0.3`]) : address),
  ];
  if (rng.int(5) > 0)
    words.push(`lladdr ${any(['02:00:00:00:aa:02', '02:00:00:00:dd:02', any(['x', '02:00'])])}`);
  if (rng.int(20) > 0) words.push(`dev ${any([device, device, device, device, 'nodev'])}`);
  if (rng.int(2) === 0) words.push(`nud ${any(STATES)}`);
  if (rng.int(8) === 0) words.push('router');
  return words
    .filter((word) => word !== '')
    .join(' ')
    .replace(/ +/g, ' ')
    .trim();
}

/** What is told to the first link in a case. */
export function drawSettings(rng: Rng): string {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const four: Readonly<Record<string, readonly number[]>> = {
    arp_ignore: [0, 0, 1, 2, 3, 8],
    arp_announce: [0, 1, 2],
    arp_filter: [0, 0, 1],
    arp_accept: [0, 1, 2],
    proxy_arp: [0, 1],
    proxy_arp_pvlan: [0, 0, 0, 1],
    drop_gratuitous_arp: [0, 0, 0, 1],
    route_localnet: [0, 0, 0, 1],
    rp_filter: [0, 0, 1],
  };
  const six: Readonly<Record<string, readonly number[]>> = {
    proxy_ndp: [0, 1],
    drop_unsolicited_na: [0, 0, 0, 1],
    accept_untracked_na: [0, 0, 1, 2],
  };
  return [
    'sysctl -qw',
    ...Object.entries(four).map(([name, values]) => `net.ipv4.conf.d0.${name}=${any(values)}`),
    ...Object.entries(six).map(([name, values]) => `net.ipv6.conf.d0.${name}=${any(values)}`),
    `net.ipv4.neigh.d0.locktime=${any([0, 0, 360_000])}`,
    `net.ipv4.neigh.d1.unres_qlen_bytes=${any([212_992, 1])}`,
  ].join(' ');
}

const FOREVER_MS = 3_600_000;

/** Time does nothing to what is known of anybody. */
export const FROZEN = [
  'sysctl -qw',
  ...['d0', 'd1'].flatMap((device) =>
    ['ipv4', 'ipv6'].flatMap((family) => [
      `net.${family}.neigh.${device}.retrans_time_ms=${FOREVER_MS}`,
      `net.${family}.neigh.${device}.base_reachable_time_ms=${FOREVER_MS}`,
      `net.${family}.neigh.${device}.delay_first_probe_time=3600`,
      `net.${family}.neigh.${device}.proxy_delay=0`,
    ]),
  ),
].join(' ');
