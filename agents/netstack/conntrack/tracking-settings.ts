import type { Netns } from '../netns.ts';
import { type Connection, IPS_SEEN_REPLY } from './connection.ts';
import { TCP_CLOSE, TCP_ESTABLISHED } from './tcp-state.ts';
import { DATA_UNACKNOWLEDGED, type TcpTracking } from './tcp-tracking.ts';

/** The sysctls of one generation that tracking reads for each packet; times in milliseconds. */
export interface TrackingSettings {
  readonly generation: number;
  readonly max: number;
  readonly tcpBeLiberal: boolean;
  readonly tcpLoose: boolean;
  readonly tcpIgnoreInvalidRst: boolean;
  readonly tcpMaxRetransmissions: number;
  /** By state, in the order of TCP_STATES. */
  readonly tcp: readonly number[];
  readonly tcpRetransmitted: number;
  readonly tcpUnacknowledged: number;
  /** By state, in the order of SCTP_STATES. */
  readonly sctp: readonly number[];
  readonly udp: number;
  readonly udpStream: number;
  readonly icmp: number;
  readonly icmp6: number;
  readonly generic: number;
}

const TCP_TIMEOUTS = [
  'syn_sent',
  'syn_sent',
  'syn_recv',
  'established',
  'fin_wait',
  'close_wait',
  'last_ack',
  'time_wait',
  'close',
  'syn_sent',
] as const;

const SCTP_TIMEOUTS = [
  'closed',
  'closed',
  'cookie_wait',
  'cookie_echoed',
  'established',
  'shutdown_sent',
  'shutdown_recd',
  'shutdown_ack_sent',
  'heartbeat_sent',
] as const;

export function readTrackingSettings({ sysctl }: Netns): TrackingSettings {
  const read = (name: string) => sysctl.number(`net.netfilter.nf_conntrack_${name}`);
  const time = (name: string) => read(name) * 1000;
  return {
    generation: sysctl.generation,
    max: read('max'),
    tcpBeLiberal: read('tcp_be_liberal') !== 0,
    tcpLoose: read('tcp_loose') !== 0,
    tcpIgnoreInvalidRst: read('tcp_ignore_invalid_rst') !== 0,
    tcpMaxRetransmissions: read('tcp_max_retrans'),
    tcp: TCP_TIMEOUTS.map((state) => time(`tcp_timeout_${state}`)),
    tcpRetransmitted: time('tcp_timeout_max_retrans'),
    tcpUnacknowledged: time('tcp_timeout_unacknowledged'),
    sctp: SCTP_TIMEOUTS.map((state) => time(`sctp_timeout_${state}`)),
    udp: time('udp_timeout'),
    udpStream: time('udp_timeout_stream'),
    icmp: time('icmp_timeout'),
    icmp6: time('icmpv6_timeout'),
    generic: time('generic_timeout'),
  };
}

/** How long a TCP connection lives after the segment that was just followed. */
export function tcpTimeout(connection: Connection, settings: TrackingSettings): number {
  const timeout = activeTimeout(connection.tcp!, settings);
  // One that was picked up in its middle and that nobody has answered is not believed for five days.
  const isBelieved = connection.tcp!.state !== TCP_ESTABLISHED || (connection.status & IPS_SEEN_REPLY) !== 0;
  return isBelieved ? timeout : Math.min(timeout, settings.tcpUnacknowledged);
}

function activeTimeout(tcp: TcpTracking, settings: TrackingSettings): number {
  const timeout = settings.tcp[tcp.state]!;
  if (tcp.retransmissions >= settings.tcpMaxRetransmissions && timeout > settings.tcpRetransmitted)
    return settings.tcpRetransmitted;
  if (tcp.lastKind === 'rst') return settings.tcp[TCP_CLOSE]!;
  const flags = tcp.original.flags | tcp.reply.flags;
  if ((flags & DATA_UNACKNOWLEDGED) !== 0 && timeout > settings.tcpUnacknowledged)
    return settings.tcpUnacknowledged;
  return tcp.lastWindow === 0 ? Math.min(timeout, settings.tcpRetransmitted) : timeout;
}
