import { describe, expect, it } from 'vitest';
import {
  parseTcp,
  TCP_ACK,
  TCP_FIN,
  TCP_RST,
  TCP_SYN,
  type TcpHeader,
} from '../../../agents/netstack/header/tcp-header.ts';
import { ipv4 } from '../../../agents/netstack/ipv4.ts';
import type { TcpSocket } from '../../../agents/netstack/tcp/tcp-socket.ts';
import { LossyWire } from './lossy-wire.ts';

const B = ipv4('10.0.0.2');
const HOUR = 3_600_000;

interface Talk {
  readonly wire: LossyWire;
  readonly client: TcpSocket;
  readonly server: TcpSocket;
  /** Segments on the wire since the handshake. */
  readonly seen: { from: 'a' | 'b'; segment: TcpHeader; at: number }[];
  closed: { client?: string; server?: string };
}

async function talk(): Promise<Talk> {
  const wire = new LossyWire(1);
  let server: TcpSocket | undefined;
  wire.b.tcp.listen({ port: 80 }, (socket) => {
    server = socket;
  });
  const client = wire.a.tcp.connect({ address: B, port: 80 });
  await wire.until(() => server !== undefined && client.state === 'ESTABLISHED');
  const seen: Talk['seen'] = [];
  const closed: Talk['closed'] = {};
  client.onClose = (error) => {
    closed.client = error?.code ?? 'ok';
  };
  server!.onClose = (error) => {
    closed.server = error?.code ?? 'ok';
  };
  wire.pass = (frame, from) => {
    const segment = frame[23] === 6 ? parseTcp(frame, 34, frame.length) : undefined;
    if (typeof segment === 'object') seen.push({ from, segment, at: wire.clock.now() });
    return true;
  };
  return { wire, client, server: server!, seen, closed };
}

/** Puts a segment on the wire as if `from` had sent it. */
function forge(wire: LossyWire, from: TcpSocket, changes: Partial<TcpHeader>): void {
  const header = {
    sourcePort: from.local.port,
    destinationPort: from.remote.port,
    sequence: from.sender.next,
    acknowledgment: from.receiver.next,
    flags: TCP_ACK,
    window: 500,
    ...changes,
  };
  wire.a.tcp.emit(from, header, from.sender.queue, 0, 0);
}

const pass = (wire: LossyWire, milliseconds: number) => wire.until(() => false, milliseconds);

describe('keepalive', () => {
  it('is off unless asked for', async () => {
    const { wire, client, seen } = await talk();
    await pass(wire, 24 * HOUR);
    expect([client.state, seen.length]).toEqual(['ESTABLISHED', 0]);
  });

  it('asks a silent peer with an old sequence number, and goes on while it answers', async () => {
    const { wire, client, seen } = await talk();
    client.setKeepAlive(true);
    const start = wire.clock.now();
    await pass(wire, 2 * HOUR + 1000);
    expect(seen.map(({ from }) => from)).toEqual(['a', 'b']);
    expect(seen[0]!.segment).toMatchObject({ sequence: client.sender.next - 1, flags: TCP_ACK });
    expect(seen[0]!.at - start).toBe(2 * HOUR);
    await pass(wire, 24 * HOUR);
    expect(client.state).toBe('ESTABLISHED');
    client.setKeepAlive(false);
    const before = seen.length;
    await pass(wire, 24 * HOUR);
    expect(seen.length).toBe(before);
  });

  it('ends with ETIMEDOUT when nine probes go unanswered', async () => {
    const { wire, client, seen, closed } = await talk();
    client.setKeepAlive(true);
    let lost = 0;
    wire.pass = () => {
      lost++;
      return false;
    };
    await pass(wire, 2 * HOUR + 9 * 75_000 - 1000);
    expect([client.state, lost]).toEqual(['ESTABLISHED', 9]);
    await pass(wire, 2000);
    expect([closed.client, lost, seen.length]).toEqual(['ETIMEDOUT', 10, 0]);
  });

  it('finds that the peer has started anew', async () => {
    const { wire, client, server, closed } = await talk();
    wire.a.sysctl.set('net.ipv4.tcp_keepalive_time', 10);
    client.setKeepAlive(true);
    wire.b.tcp.release(server);
    await pass(wire, 11_000);
    expect(closed.client).toBe('ECONNRESET');
  });

  it('waits while data is under way', async () => {
    const { wire, client, server, seen } = await talk();
    wire.a.sysctl.set('net.ipv4.tcp_keepalive_time', 1);
    client.setKeepAlive(true);
    server.pause();
    client.write(new Uint8Array(2 << 20));
    await pass(wire, 10_000);
    server.resume();
    await wire.until(() => client.writableLength === 0);
    const before = seen.length;
    await pass(wire, 1500);
    expect(seen.length).toBeGreaterThan(before);
  });
});

describe('a closed window', () => {
  it('may stay closed for as long as the peer answers', async () => {
    const { wire, client, server, closed } = await talk();
    server.pause();
    client.write(new Uint8Array(2 << 20));
    await pass(wire, 24 * HOUR);
    expect([client.state, closed.client]).toEqual(['ESTABLISHED', undefined]);
    let received = 0;
    server.onData = (chunk) => {
      received += chunk.length;
    };
    server.resume();
    await wire.until(() => received === 2 << 20, 10_000);
    expect(received).toBe(2 << 20);
  });

  it('is probed sixteen times at most if nobody answers', async () => {
    const { wire, client, server, closed } = await talk();
    server.pause();
    client.write(new Uint8Array(2 << 20));
    await pass(wire, 60_000);
    let probes = 0;
    wire.pass = () => {
      probes++;
      return false;
    };
    await pass(wire, HOUR);
    expect(closed.client).toBe('ETIMEDOUT');
    expect(probes).toBeLessThanOrEqual(16);
  });

  it('once open, is used at once and not at the pace of probes', async () => {
    const { wire, client, server } = await talk();
    server.pause();
    client.write(new Uint8Array(2 << 20));
    await pass(wire, HOUR);
    let isFirst = true;
    let received = 0;
    server.onData = (chunk) => {
      received += chunk.length;
    };
    wire.pass = (frame, from) => {
      const isLost = from === 'a' && frame.length > 1000 && isFirst;
      if (isLost) isFirst = false;
      return !isLost;
    };
    server.resume();
    await wire.until(() => received === 2 << 20, 5000);
    expect([received, isFirst]).toEqual([2 << 20, false]);
  });
});

describe('segments out of place', () => {
  it('a SYN inside the connection is only answered (RFC 5961 §4)', async () => {
    const { wire, client, server, seen } = await talk();
    forge(wire, client, { flags: TCP_SYN, sequence: client.sender.next + 10 });
    await pass(wire, 100);
    expect(server.state).toBe('ESTABLISHED');
    const answers = seen.filter(({ from }) => from === 'b').map(({ segment }) => segment);
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({ flags: TCP_ACK, acknowledgment: client.sender.next });
  });

  it('a reset counts only at the exact place (RFC 5961 §3)', async () => {
    const { wire, client, server, seen, closed } = await talk();
    forge(wire, client, { flags: TCP_RST, sequence: client.sender.next - 1 });
    await pass(wire, 100);
    expect([server.state, seen.length]).toEqual(['ESTABLISHED', 1]);
    forge(wire, client, { flags: TCP_RST, sequence: client.sender.next + 1 });
    await pass(wire, 100);
    expect([server.state, seen.length]).toEqual(['ESTABLISHED', 3]);
    forge(wire, client, { flags: TCP_RST });
    await pass(wire, 100);
    expect(closed.server).toBe('ECONNRESET');
  });

  it.each([
    ['newer than all that was sent', 1000],
    ['older than any window', -(2 << 20)],
  ])('an acknowledgment %s is answered and not taken (RFC 5961 §5)', async (_what, offset) => {
    const { wire, client, server, seen } = await talk();
    const una = server.sender.una;
    forge(wire, client, { acknowledgment: (client.receiver.next + offset) >>> 0 });
    await pass(wire, 100);
    expect([server.state, server.sender.una]).toEqual(['ESTABLISHED', una]);
    expect(seen.map(({ from }) => from)).toEqual(['a', 'b']);
  });
});

describe('the ends of a connection', () => {
  it('both FINs at once lead through CLOSING to TIME_WAIT', async () => {
    const { wire, client, server, closed } = await talk();
    const states = new Set<string>();
    client.end();
    server.end();
    await wire.until(() => {
      states.add(client.state);
      return client.state === 'TIME_WAIT';
    }, 1000);
    expect([...states]).toEqual(['FIN_WAIT_1', 'CLOSING', 'TIME_WAIT']);
    await pass(wire, 100);
    expect([server.state, closed]).toEqual(['TIME_WAIT', { client: 'ok', server: 'ok' }]);
  });

  it('TIME_WAIT answers a FIN that comes again, and starts its minute anew', async () => {
    const { wire, client, server, seen } = await talk();
    client.end();
    await wire.until(() => server.state === 'CLOSE_WAIT');
    server.end();
    await pass(wire, 1000);
    expect(client.state).toBe('TIME_WAIT');
    await pass(wire, 50_000);
    seen.length = 0;
    const { pass: note } = wire;
    // The forged FIN's own sender knows nothing of it, and would end the connection.
    wire.pass = (frame, from) => note(frame, from) && (frame[47]! & TCP_RST) === 0;
    const { local, remote } = client;
    const header = { sourcePort: remote.port, destinationPort: local.port, window: 0 };
    const fin = { sequence: client.receiver.next - 1, acknowledgment: client.sender.next };
    wire.b.tcp.emit(server, { ...header, ...fin, flags: TCP_FIN | TCP_ACK }, server.sender.queue, 0, 0);
    await pass(wire, 100);
    expect(seen.map(({ from }) => from).slice(0, 2)).toEqual(['b', 'a']);
    await pass(wire, 50_000);
    expect(client.state).toBe('TIME_WAIT');
    await pass(wire, 11_000);
    expect(wire.a.tcp.sockets()).toEqual([]);
  });

  it('FIN_WAIT_2 of a socket that was closed ends after net.ipv4.tcp_fin_timeout', async () => {
    const { wire, client, server } = await talk();
    client.destroy();
    await wire.until(() => client.state === 'FIN_WAIT_2');
    await pass(wire, 59_000);
    expect(client.state).toBe('FIN_WAIT_2');
    await pass(wire, 2000);
    expect(wire.a.tcp.sockets()).toEqual([]);
    server.write(new Uint8Array(5));
    await pass(wire, 1000);
    expect(wire.b.tcp.sockets()).toEqual([]);
  });

  it('a SYN that found the backlog full comes again and is taken', async () => {
    const wire = new LossyWire(1);
    const accepted: TcpSocket[] = [];
    wire.b.tcp.listen({ port: 80, backlog: 1 }, (socket) => accepted.push(socket));
    // One more than the backlog says (inet_csk_reqsk_queue_is_full).
    const clients = [1, 2, 3].map(() => wire.a.tcp.connect({ address: B, port: 80 }));
    await pass(wire, 500);
    expect([accepted.length, wire.b.drops.get('TCP_BACKLOG_FULL')]).toEqual([2, 1]);
    await pass(wire, 1000);
    expect([accepted.length, ...clients.map(({ state }) => state)]).toEqual([
      3,
      'ESTABLISHED',
      'ESTABLISHED',
      'ESTABLISHED',
    ]);
  });
});
