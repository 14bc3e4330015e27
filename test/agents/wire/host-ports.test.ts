import { describe, expect, it } from 'vitest';
import type { TcpSocket } from '../../../agents/netstack/tcp/tcp-socket.ts';
import { HostPorts } from '../../../agents/wire/host-ports.ts';
import type { HostStream } from '../../../platform/host-network.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { HOST_ADDRESS, NODE_IP, record, Segment } from './segment.ts';

const TCP = { protocol: 'TCP', port: 30080 } as const;
const UDP = { protocol: 'UDP', port: 30053 } as const;
const local = { address: HOST_ADDRESS, port: 30080 };

async function build() {
  const segment = await Segment.create();
  const { clock, gateway, network } = segment;
  const reports: object[] = [];
  const logger = { ...silentLogger, error: (fields: object) => reports.push(fields) };
  const ports = new HostPorts({
    clock,
    network,
    gateway,
    logger,
    hostAddress: HOST_ADDRESS,
    nodeIp: NODE_IP,
  });
  return { segment, ports, reports };
}

async function client(segment: Segment): Promise<HostStream> {
  return segment.network.connectTcp(local, '127.0.0.1');
}

describe("a node's TCP port on the machine", () => {
  it('passes bytes and ends in both directions', async () => {
    const { segment, ports } = await build();
    await ports.set([TCP]);
    let got = '';
    segment.node.tcp.listen({ port: 30080 }, (socket) => {
      socket.write(Buffer.from('welcome '));
      socket.onData = (chunk) => {
        got += Buffer.from(chunk).toString();
      };
      socket.onEnd = () => {
        socket.write(Buffer.from(`goodbye ${got}`));
        socket.end();
      };
    });
    const stream = await client(segment);
    const seen = record(stream);
    stream.write(Buffer.from('early'));
    stream.end();
    await segment.clock.runUntil(() => seen.closed !== undefined, 5_000);
    expect(seen).toEqual({ text: 'welcome goodbye early', bytes: 21, ended: true, closed: 'orderly' });
  });

  it('resets a connection that the node refuses, and takes no data of it', async () => {
    const { segment, ports } = await build();
    await ports.set([TCP]);
    const stream = await client(segment);
    const seen = record(stream);
    stream.write(Buffer.from('lost'));
    await segment.clock.runUntil(() => seen.closed !== undefined, 5_000);
    expect(seen.closed).toBe('ECONNRESET');
  });

  it('holds a fast writer back for a slow pod, and loses nothing', async () => {
    const { segment, ports } = await build();
    await ports.set([TCP]);
    let pod: TcpSocket | undefined;
    segment.node.tcp.listen({ port: 30080 }, (socket) => {
      pod = socket;
      socket.pause();
    });
    const stream = await client(segment);
    const seen = record(stream);
    let sent = 0;
    const chunk = new Uint8Array(64 * 1024);
    const write = (): void => {
      while (sent < 8 << 20) {
        chunk.fill(sent >>> 16);
        sent += chunk.length;
        if (!stream.write(chunk)) return;
      }
      stream.end();
    };
    stream.onDrain = write;
    write();
    await segment.clock.run(10_000);
    expect(sent).toBeLessThan(4 << 20);
    const tags: number[] = [];
    let bytes = 0;
    pod!.onData = (piece) => {
      bytes += piece.length;
      if (tags.at(-1) !== piece[0]) tags.push(piece[0]!);
    };
    pod!.onEnd = () => pod!.end();
    pod!.resume();
    await segment.clock.runUntil(() => seen.closed !== undefined, 60_000);
    expect([bytes, seen.closed]).toEqual([8 << 20, 'orderly']);
    expect(tags).toEqual(Array.from({ length: 128 }, (_, index) => index));
  });

  it('leaves nothing behind when the client goes', async () => {
    const { segment, ports } = await build();
    await ports.set([TCP]);
    segment.node.tcp.listen({ port: 30080 }, () => {});
    const stream = await client(segment);
    await segment.clock.run(100);
    expect(segment.node.tcp.sockets()).toHaveLength(1);
    stream.destroy();
    await segment.clock.run(100);
    expect(segment.node.tcp.sockets()).toHaveLength(0);
    expect(segment.gateway.netns.tcp.sockets()).toHaveLength(0);
  });
});

describe("a node's UDP port on the machine", () => {
  it('keeps the clients apart', async () => {
    const { segment, ports } = await build();
    await ports.set([UDP]);
    const server = segment.node.udp.bind({ port: 30053 });
    server.onMessage = (payload, from, to) => server.send(Buffer.from(`${Buffer.from(payload)}!`), from, to);
    const got: string[][] = [];
    for (const word of ['one', 'two']) {
      const socket = await segment.network.bindUdp({ address: '127.0.0.1', port: 0 });
      const mine: string[] = [];
      got.push(mine);
      socket.onDatagram = (payload) => mine.push(Buffer.from(payload).toString());
      socket.send(Buffer.from(word), { address: HOST_ADDRESS, port: 30053 });
      socket.send(Buffer.from(`${word} again`), { address: HOST_ADDRESS, port: 30053 });
    }
    await segment.clock.run(100);
    expect(got).toEqual([
      ['one!', 'one again!'],
      ['two!', 'two again!'],
    ]);
    expect(segment.gateway.netns.udp.sockets()).toHaveLength(2);
    await segment.clock.run(61_000);
    expect(segment.gateway.netns.udp.sockets()).toHaveLength(0);
  });
});

describe('the set of ports', () => {
  it('opens and closes as asked, in the order of the asking', async () => {
    const { segment, ports } = await build();
    void ports.set([TCP]);
    void ports.set([TCP, UDP]);
    await ports.set([UDP]);
    await expect(client(segment)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(segment.network.bindUdp({ address: HOST_ADDRESS, port: 30053 })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await ports.close();
    await segment.network.bindUdp({ address: HOST_ADDRESS, port: 30053 });
  });

  it('reports a port that is taken once, opens the others, and gets it when it is free', async () => {
    const { segment, ports, reports } = await build();
    const other = await segment.network.listenTcp(local, () => {});
    const free = { protocol: 'TCP', port: 30081 } as const;
    expect(await ports.set([TCP, free])).toEqual([TCP]);
    expect(await ports.set([TCP, free])).toEqual([TCP]);
    expect(reports).toMatchObject([{ address: HOST_ADDRESS, port: 30080, protocol: 'TCP' }]);
    await segment.network.connectTcp({ address: HOST_ADDRESS, port: 30081 });
    await other.close();
    expect(await ports.set([TCP, free])).toEqual([]);
    await client(segment);
  });
});
