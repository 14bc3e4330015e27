import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TCP_ACK, TCP_RST } from '../../../agents/netstack/header/tcp-header.ts';
import type { IpAddress } from '../../../agents/netstack/ip-address.ts';
import { ipv4 } from '../../../agents/netstack/ipv4.ts';
import type { TcpSocket } from '../../../agents/netstack/tcp/tcp-socket.ts';
import { seededRng } from '../../../platform/rng.ts';
import { type Faults, LossyWire } from './lossy-wire.ts';

const B = ipv4('10.0.0.2');
const randomBytes = (seed: number, length: number) => seededRng(seed).bytes(length);

interface Received {
  readonly chunks: Uint8Array[];
  length: number;
  ended: boolean;
  closed: string | undefined;
}

function collect(socket: TcpSocket): Received {
  const received: Received = { chunks: [], length: 0, ended: false, closed: undefined };
  socket.onData = (chunk) => {
    received.chunks.push(chunk.slice());
    received.length += chunk.length;
  };
  socket.onEnd = () => {
    received.ended = true;
  };
  socket.onClose = (error) => {
    received.closed = error?.code ?? 'ok';
  };
  return received;
}

function equalBytes(received: Received, expected: Uint8Array): boolean {
  return Buffer.compare(Buffer.concat(received.chunks), expected) === 0;
}

/** Sends `length` bytes each way and closes both directions; resolves to whether all arrived exactly. */
async function exchange(wire: LossyWire, length: number): Promise<boolean> {
  const [toB, toA] = [randomBytes(1, length), randomBytes(2, length)];
  let atB: Received | undefined;
  wire.b.tcp.listen({ port: 80 }, (socket) => {
    atB = collect(socket);
    socket.write(toA);
    socket.end();
  });
  const client = wire.a.tcp.connect({ address: B, port: 80 });
  const atA = collect(client);
  client.onConnect = () => {
    client.write(toB);
    client.end();
  };
  await wire.until(() => atA.closed !== undefined && atB?.closed !== undefined);
  if (atA.closed !== 'ok' || atB?.closed !== 'ok') return false;
  return atA.ended && atB.ended && equalBytes(atA, toA) && equalBytes(atB, toB);
}

describe('any pattern of loss, duplication and reordering', () => {
  it('delivers the bytes exactly once, in order, and closes both ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.record({
          loss: fc.double({ min: 0, max: 0.2, noNaN: true }),
          duplication: fc.double({ min: 0, max: 0.3, noNaN: true }),
          corruption: fc.double({ min: 0, max: 0.05, noNaN: true }),
          jitterMs: fc.integer({ min: 0, max: 50 }),
        }),
        fc.integer({ min: 0, max: 60_000 }),
        async (seed, faults: Faults, length) => {
          expect(await exchange(new LossyWire(seed, faults), length)).toBe(true);
        },
      ),
      { numRuns: 40, seed: 7 },
    );
  }, 60_000);

  it('carries a megabyte at once over a clean wire without a retransmission', async () => {
    const wire = new LossyWire(1);
    let frames = 0;
    wire.pass = () => {
      frames++;
      return true;
    };
    expect(await exchange(wire, 1 << 20)).toBe(true);
    expect(frames).toBeLessThan(2 * 1.6 * Math.ceil((1 << 20) / 1460));
  });
});

describe('connecting', () => {
  it('to a closed port is refused', async () => {
    const wire = new LossyWire(1);
    const received = collect(wire.a.tcp.connect({ address: B, port: 81 }));
    await wire.until(() => received.closed !== undefined);
    expect(received.closed).toBe('ECONNREFUSED');
  });

  it('into silence times out after eleven SYNs, the first five a second apart, 131 seconds', async () => {
    const wire = new LossyWire(1);
    let sent = 0;
    wire.pass = () => {
      sent++;
      return false;
    };
    const start = wire.clock.now();
    const received = collect(wire.a.tcp.connect({ address: B, port: 80 }));
    await wire.until(() => received.closed !== undefined);
    expect([received.closed, sent, wire.clock.now() - start]).toEqual(['ETIMEDOUT', 11, 131_000]);
  });

  it('without a route fails, and not inside the call', async () => {
    const wire = new LossyWire(1);
    const received = collect(wire.a.tcp.connect({ address: ipv4('192.0.2.1'), port: 80 }));
    expect(received.closed).toBeUndefined();
    await wire.until(() => received.closed !== undefined);
    expect(received.closed).toBe('ENETUNREACH');
  });

  it('to an absent neighbour is EHOSTUNREACH after three requests', async () => {
    const wire = new LossyWire(1);
    const received = collect(wire.a.tcp.connect({ address: ipv4('10.0.0.9'), port: 80 }));
    await wire.until(() => received.closed !== undefined, 10_000);
    expect(received.closed).toBe('EHOSTUNREACH');
  });

  it('to an own address or to localhost goes over lo', async () => {
    for (const address of ['10.0.0.1', '127.0.0.1']) {
      const wire = new LossyWire(1);
      wire.pass = () => false;
      let seen: IpAddress | undefined;
      wire.a.tcp.listen({ port: 80 }, (socket) => {
        seen = socket.remote.address;
      });
      wire.a.tcp.connect({ address: ipv4(address), port: 80 });
      await wire.until(() => seen !== undefined, 1000);
      expect(seen).toBe(ipv4(address));
    }
  });

  it('a listener on 127.0.0.1 cannot be reached from outside', async () => {
    const wire = new LossyWire(1);
    wire.b.tcp.listen({ address: ipv4('127.0.0.1'), port: 80 }, () => {});
    const received = collect(wire.a.tcp.connect({ address: B, port: 80 }));
    await wire.until(() => received.closed !== undefined);
    expect(received.closed).toBe('ECONNREFUSED');
  });

  it('at the same time from both sides makes one connection', async () => {
    const wire = new LossyWire(1);
    const a = wire.a.tcp.connect({ address: B, port: 2000, localPort: 1000 });
    const b = wire.b.tcp.connect({ address: ipv4('10.0.0.1'), port: 1000, localPort: 2000 });
    const atB = collect(b);
    a.onConnect = () => {
      a.write(new Uint8Array([1, 2, 3]));
    };
    await wire.until(() => atB.length === 3, 10_000);
    expect([a.state, b.state, atB.length]).toEqual(['ESTABLISHED', 'ESTABLISHED', 3]);
  });
});

describe('listening', () => {
  it('refuses a port that is taken and an address that is not ours', () => {
    const { a } = new LossyWire(1);
    a.tcp.listen({ port: 80 }, () => {});
    expect(() => a.tcp.listen({ port: 80 }, () => {})).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE' }),
    );
    expect(() => a.tcp.listen({ address: B, port: 81 }, () => {})).toThrow(
      expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
    );
  });

  it('bounds the connections whose handshake is not done', async () => {
    const wire = new LossyWire(1);
    wire.pass = (_frame, from) => from === 'a';
    wire.b.tcp.listen({ port: 80, backlog: 2 }, () => {});
    for (let i = 0; i < 5; i++) wire.a.tcp.connect({ address: B, port: 80 });
    await wire.until(() => false, 100);
    expect(wire.b.tcp.sockets().length).toBe(3);
    expect(wire.b.drops.get('TCP_BACKLOG_FULL')).toBe(2);
  });
});

async function connected(wire: LossyWire, port = 80): Promise<[TcpSocket, TcpSocket]> {
  let server: TcpSocket | undefined;
  wire.b.tcp.listen({ port }, (socket) => {
    server = socket;
  });
  const client = wire.a.tcp.connect({ address: B, port });
  await wire.until(() => server !== undefined && client.state === 'ESTABLISHED');
  return [client, server!];
}

describe('closing', () => {
  it('at once from both sides ends in TIME_WAIT on both', async () => {
    const wire = new LossyWire(1);
    const [client, server] = await connected(wire);
    client.end();
    server.end();
    await wire.until(() => false, 1000);
    expect([client.state, server.state]).toEqual(['TIME_WAIT', 'TIME_WAIT']);
    await wire.until(() => false, 60_000);
    expect([wire.a.tcp.sockets(), wire.b.tcp.sockets()]).toEqual([[], []]);
  });

  it('leaves TIME_WAIT room for later ones', async () => {
    const wire = new LossyWire(1);
    wire.a.sysctl.set('net.ipv4.tcp_max_tw_buckets', 1);
    for (let i = 0; i < 3; i++) {
      const [client, server] = await connected(wire, 80 + i);
      client.end();
      await wire.until(() => server.state === 'CLOSE_WAIT');
      server.end();
      await wire.until(() => false, 1000);
      expect(client.state).toBe('TIME_WAIT');
      await wire.until(() => false, 60_000);
    }
  });

  it('one direction leaves the other open', async () => {
    const wire = new LossyWire(1);
    const [client, server] = await connected(wire);
    const atClient = collect(client);
    client.end();
    await wire.until(() => server.state === 'CLOSE_WAIT');
    server.write(new Uint8Array(10_000));
    await wire.until(() => atClient.length === 10_000);
    expect(client.state).toBe('FIN_WAIT_2');
    server.end();
    await wire.until(() => atClient.closed !== undefined);
    expect([atClient.closed, client.state, server.state]).toEqual(['ok', 'TIME_WAIT', 'LAST_ACK']);
  });

  it('by reset tells the other end', async () => {
    const wire = new LossyWire(1);
    const [client, server] = await connected(wire);
    const atServer = collect(server);
    client.reset();
    await wire.until(() => atServer.closed !== undefined);
    expect(atServer.closed).toBe('ECONNRESET');
  });

  it('a reset outside the exact sequence number is only challenged', async () => {
    const wire = new LossyWire(1);
    const [client, server] = await connected(wire);
    const header = {
      sourcePort: client.local.port,
      destinationPort: client.remote.port,
      sequence: client.sender.next + 5,
      acknowledgment: client.receiver.next,
      flags: TCP_RST | TCP_ACK,
      window: 0,
    };
    wire.a.tcp.emit(client, header, client.sender.queue, 0, 0);
    await wire.until(() => false, 100);
    expect(server.state).toBe('ESTABLISHED');
  });

  it('ends every socket when the namespace goes', async () => {
    const wire = new LossyWire(1);
    const [client] = await connected(wire);
    const atClient = collect(client);
    wire.a.delete();
    await wire.until(() => atClient.closed !== undefined, 10);
    expect(atClient.closed).toBe('ENETDOWN');
  });
});

describe('flow control', () => {
  it('stops at a paused reader and goes on, over a wire that loses the window update', async () => {
    const wire = new LossyWire(3);
    const [client, server] = await connected(wire);
    const atServer = collect(server);
    const data = randomBytes(5, 3 << 20);
    server.pause();
    client.write(data);
    await wire.until(() => false, 5000);
    expect(atServer.length).toBe(0);
    expect(server.receiver.window).toBeLessThan(128);
    wire.pass = (_frame, from) => from === 'a';
    server.resume();
    await wire.until(() => false, 100);
    wire.pass = () => true;
    await wire.until(() => atServer.length === data.length);
    expect(equalBytes(atServer, data)).toBe(true);
  });

  it('write answers false when full and onDrain follows', async () => {
    const wire = new LossyWire(3);
    const [client, server] = await connected(wire);
    collect(server);
    let drained = false;
    client.onDrain = () => {
      drained = true;
    };
    expect(client.write(new Uint8Array(1000))).toBe(true);
    expect(client.write(new Uint8Array(2 << 20))).toBe(false);
    expect(drained).toBe(false);
    await wire.until(() => drained);
    expect(drained).toBe(true);
  });
});

describe('the path MTU', () => {
  it('is learnt from "fragmentation needed"', async () => {
    const wire = new LossyWire(1);
    const [client, server] = await connected(wire);
    const atServer = collect(server);
    const mss = client.sender.mss;
    client.fault(client.sender.una, { type: 3, code: 4, from: B, mtu: 1000, errno: 'EMSGSIZE' });
    client.write(new Uint8Array(5000));
    await wire.until(() => atServer.length === 5000);
    expect([mss, client.sender.mss]).toEqual([1460, 960]);
  });
});

describe('a forwarder', () => {
  it('answers a SYN when it has decided', async () => {
    const wire = new LossyWire(1);
    wire.b.addRoute({
      destination: { address: ipv4('0.0.0.0'), prefixLength: 0 },
      type: 'local',
      table: 'main',
      link: wire.b.lo,
    });
    wire.a.addRoute({ destination: { address: ipv4('0.0.0.0'), prefixLength: 0 }, gateway: B });
    const asked: string[] = [];
    wire.b.tcp.setForwarder(({ local, accept, reject }) => {
      asked.push(`${local.address}:${local.port}`);
      wire.clock.setTimeout(() => {
        if (local.port === 443) accept().write(new Uint8Array([42]));
        else reject();
      }, 1500);
    });
    const [good, bad] = [443, 25].map((port) =>
      collect(wire.a.tcp.connect({ address: ipv4('192.0.2.7'), port })),
    );
    await wire.until(() => good!.length === 1 && bad!.closed !== undefined, 10_000);
    expect([good!.length, bad!.closed]).toEqual([1, 'ECONNREFUSED']);
    expect(asked).toEqual([`${ipv4('192.0.2.7')}:443`, `${ipv4('192.0.2.7')}:25`]);
  });
});
