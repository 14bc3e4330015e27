import { writeArp } from '../../agents/netstack/header/arp.ts';
import { ipv4 } from '../../agents/netstack/ipv4.ts';
import { mac } from '../../agents/netstack/mac.ts';
import { NEIGHBOUR_HOST } from './neighbour-host.ts';
import type { HostStep } from './neighbour-steps.ts';
import { etherFrame, udpFrame } from './plain-frames.ts';

const NODE = NEIGHBOUR_HOST.devices;
const PROBER = NEIGHBOUR_HOST.probers!.d0!;
const ASKER_6 = 'fd00::fa';
const HOST = '02:00:00:00:aa:12';
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

const say = (line: string): HostStep => ({ what: line, line });

/** Short times; an address is confirmed for a third of a second at most. */
const QUICK = say(
  [
    'sysctl -qw net.ipv4.conf.d0.arp_ignore=0 net.ipv4.conf.d0.rp_filter=0 net.ipv4.conf.d0.drop_gratuitous_arp=0',
    'net.ipv4.conf.d0.arp_filter=0 net.ipv4.conf.d0.proxy_arp=1 net.ipv6.conf.d0.proxy_ndp=1',
    'net.ipv4.neigh.d1.unres_qlen_bytes=212992 net.ipv4.neigh.d0.proxy_delay=10 net.ipv6.neigh.d0.proxy_delay=10',
    ...['ipv4', 'ipv6'].flatMap((family) => [
      `net.${family}.neigh.d1.retrans_time_ms=60 net.${family}.neigh.d1.base_reachable_time_ms=220`,
      `net.${family}.neigh.d1.delay_first_probe_time=0`,
    ]),
  ].join(' '),
);
const KNOW_ASKER = say(`ip neigh replace ${ASKER_6} lladdr ${PROBER.mac} dev d0`);

/** A packet that has to go on by the second link. */
function packetTo(destination: string, size: number): HostStep {
  const source = destination.includes(':') ? ASKER_6 : PROBER.address;
  const way = { from: PROBER.mac, to: NODE.d0!, source, destination };
  return { what: `to ${destination}`, device: 'd0', frame: udpFrame(way, 5000, 9, new Uint8Array(size)) };
}

function arp(operation: number, device: string, sender: string, target: string, to: string): HostStep {
  const body = new Uint8Array(28);
  writeArp(body, 0, {
    operation,
    senderMac: mac(HOST),
    senderAddress: ipv4(sender),
    targetMac: mac(to === BROADCAST ? '00:00:00:00:00:00' : to),
    targetAddress: ipv4(target),
  });
  return { what: `ARP ${operation}`, device, frame: etherFrame(to, HOST, 0x0806, body) };
}

const answer = arp(2, 'd1', '10.0.1.2', '10.0.1.1', NODE.d1!);
const know = (address: string, state: string): HostStep =>
  say(`ip neigh replace ${address} lladdr ${HOST} dev d1 nud ${state}`);

/** What time alone does to neighbours after something was said. */
export const TIMED_TALKS: Readonly<Record<string, readonly HostStep[]>> = {
  'who does not answer is asked three times, and who waits is told': [
    QUICK,
    ...[10, 20, 30].map((size) => packetTo('10.0.1.2', size)),
  ],
  'the same of IPv6': [QUICK, KNOW_ASKER, ...[10, 20, 30].map((size) => packetTo('fd01::2', size))],
  'who is used after a while is asked itself': [QUICK, know('10.0.1.2', 'stale'), packetTo('10.0.1.2', 10)],
  'the same with IPv6': [QUICK, KNOW_ASKER, know('fd01::2', 'stale'), packetTo('fd01::2', 10)],
  'who answers gets what waited, and is forgotten to be sure of': [
    QUICK,
    ...[10, 20, 30].map((size) => packetTo('10.0.1.2', size)),
    answer,
  ],
  'who was confirmed and is not used becomes old': [QUICK, know('10.0.1.2', 'reachable')],
  'who is put into doubt by a command is asked': [QUICK, know('10.0.1.2', 'probe')],
  'who is to be asked soon is asked': [QUICK, know('10.0.1.2', 'delay')],
  'who gave up is asked again by the next packet': [
    QUICK,
    say('ip neigh replace 10.0.1.2 dev d1 nud failed'),
    packetTo('10.0.1.2', 10),
  ],
  'who answers for others waits a little': [QUICK, arp(1, 'd0', '10.0.0.2', '10.0.1.2', BROADCAST)],
};
