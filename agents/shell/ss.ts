import type { Endpoint } from '../netstack/endpoint.ts';
import { formatEndpoint } from '../netstack/ip-address.ts';
import { ANY_IPV6 } from '../netstack/ipv6.ts';
import type { Netns } from '../netstack/netns.ts';
import { type Command, success } from './command.ts';

interface Row {
  readonly netid: string;
  readonly state: string;
  readonly receive: number;
  readonly send: number;
  readonly local: string;
  readonly peer: string;
}

const STATES: Readonly<Record<string, string>> = {
  ESTABLISHED: 'ESTAB',
  SYN_SENT: 'SYN-SENT',
  SYN_RCVD: 'SYN-RECV',
  FIN_WAIT_1: 'FIN-WAIT-1',
  FIN_WAIT_2: 'FIN-WAIT-2',
  CLOSE_WAIT: 'CLOSE-WAIT',
  CLOSING: 'CLOSING',
  LAST_ACK: 'LAST-ACK',
  TIME_WAIT: 'TIME-WAIT',
};

/** `ss [-t] [-u] [-l] [-a] [-n]` of iproute2; addresses are always numeric. */
export const ss: Command = (args, _stdin, { ns }) => {
  const flags = new Set(args.filter((arg) => /^-[a-z]+$/.test(arg)).flatMap((arg) => [...arg.slice(1)]));
  for (const arg of args) if (arg.startsWith('--')) flags.add(arg[2]!);
  const both = !flags.has('t') && !flags.has('u');
  const rows: Row[] = [];
  if (both || flags.has('u')) rows.push(...udpRows(ns, flags));
  if (both || flags.has('t')) rows.push(...tcpRows(ns, flags));
  return success(format(rows, both || (flags.has('t') && flags.has('u'))));
};

function udpRows(ns: Netns, flags: ReadonlySet<string>): Row[] {
  if (!flags.has('l') && !flags.has('a')) return [];
  return [...ns.udp.tunnels(), ...ns.udp.sockets()].map(({ address, port }) => ({
    netid: 'udp',
    state: 'UNCONN',
    receive: 0,
    send: 0,
    local: show({ address, port }),
    peer: anyPeer(address),
  }));
}

/** Any address of both families is a star. */
const show = (endpoint: Endpoint): string =>
  endpoint.address === ANY_IPV6 ? `*:${endpoint.port}` : formatEndpoint(endpoint);

function anyPeer(local: Endpoint['address']): string {
  if (local === ANY_IPV6) return '*:*';
  return typeof local === 'bigint' ? '[::]:*' : '0.0.0.0:*';
}

function tcpRows(ns: Netns, flags: ReadonlySet<string>): Row[] {
  const listening = ns.tcp.listeners().map((each) => ({
    netid: 'tcp',
    state: 'LISTEN',
    receive: 0,
    send: each.backlog,
    local: show(each),
    peer: anyPeer(each.address),
  }));
  const connected = ns.tcp.sockets().map((socket) => ({
    netid: 'tcp',
    state: STATES[socket.state] ?? 'UNCONN',
    receive: socket.unread,
    send: socket.unacknowledged,
    local: show(socket.local),
    peer: show(socket.remote),
  }));
  if (flags.has('a')) return [...listening, ...connected];
  return flags.has('l')
    ? listening
    : connected.filter((row) => row.state !== 'TIME-WAIT' && row.state !== 'SYN-RECV');
}

/** Columns as wide as their widest cell; Netid only if both protocols were asked for. */
function format(rows: readonly Row[], withNetid: boolean): string {
  const heading = [
    'Netid',
    'State',
    'Recv-Q',
    'Send-Q',
    'Local Address:Port',
    'Peer Address:Port',
    'Process',
  ];
  const cells = rows.map((row) => [
    row.netid,
    row.state,
    `${row.receive}`,
    `${row.send}`,
    row.local,
    row.peer,
    '',
  ]);
  const table = [heading, ...cells].map((line) => (withNetid ? line : line.slice(1)));
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  return table
    .map(
      (line) =>
        `${line
          .map((cell, i) => (i === line.length - 1 ? cell : cell.padEnd(widths[i]!)))
          .join(' ')
          .trimEnd()}\n`,
    )
    .join('');
}
