import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../agents/netstack/ip-address.ts';
import { ipv4 } from '../../../agents/netstack/ipv4.ts';
import type { TcpSocket } from '../../../agents/netstack/tcp/tcp-socket.ts';
import type { HostStream } from '../../../platform/host-network.ts';
import { HOST_ADDRESS, record, Segment } from './segment.ts';

const MEGABYTE = 1 << 20;

/** What a socket of the simulation went through. */
function watch(socket: TcpSocket) {
  const seen = { text: '', bytes: 0, ended: false, closed: undefined as string | undefined };
  socket.onData = (chunk) => {
    seen.bytes += chunk.length;
    if (seen.bytes < 10_000) seen.text += Buffer.from(chunk).toString();
  };
  socket.onEnd = () => {
    seen.ended = true;
  };
  socket.onClose = (error) => {
    seen.closed = error?.code ?? 'orderly';
  };
  return seen;
}

async function outsideServer(segment: Segment, address: string, onStream: (stream: HostStream) => void) {
  return segment.network.listenTcp({ address, port: 9000 }, onStream);
}

const connect = (segment: Segment, address: string, port = 9000): TcpSocket =>
  segment.node.tcp.connect({ address: ipv4(address), port });

describe('TCP from a node to the machine', () => {
  it('reaches the loopback by the host address, from the address that stands for the node', async () => {
    const segment = await Segment.create();
    let seen: ReturnType<typeof record> | undefined;
    let from = '';
    await outsideServer(segment, '127.0.0.1', (stream) => {
      from = stream.remote.address;
      stream.write(Buffer.from('the server speaks first'));
      seen = record(stream);
      stream.onEnd = () => stream.end();
    });
    const socket = connect(segment, '172.18.0.1');
    const got = watch(socket);
    expect(await segment.clock.runUntil(() => got.text !== '', 5_000)).toBe(true);
    socket.write(Buffer.from('hello'));
    socket.end();
    expect(await segment.clock.runUntil(() => got.closed !== undefined, 5_000)).toBe(true);
    expect(got).toMatchObject({ text: 'the server speaks first', ended: true, closed: 'orderly' });
    expect(seen).toMatchObject({ text: 'hello', closed: 'orderly' });
    expect(from).toBe(HOST_ADDRESS);
  });

  it('answers with a reset where nobody listens', async () => {
    const segment = await Segment.create();
    const got = watch(connect(segment, '192.0.2.1'));
    await segment.clock.runUntil(() => got.closed !== undefined, 5_000);
    expect(got.closed).toBe('ECONNREFUSED');
  });

  it('lets no address of the simulation out', async () => {
    const segment = await Segment.create();
    let reached = 0;
    for (const address of ['10.244.7.7', '10.96.0.1', '192.0.2.1'])
      await outsideServer(segment, address, () => reached++);
    for (const address of ['10.244.7.7', '10.96.0.1']) {
      const got = watch(connect(segment, address));
      await segment.clock.runUntil(() => got.closed !== undefined, 5_000);
      expect(got.closed).toBe('ECONNREFUSED');
    }
    expect(reached).toBe(0);
    connect(segment, '192.0.2.1');
    expect(await segment.clock.runUntil(() => reached === 1, 5_000)).toBe(true);
  });

  it('resets one side when the other is reset', async () => {
    const segment = await Segment.create();
    const streams: HostStream[] = [];
    await outsideServer(segment, '127.0.0.1', (stream) => streams.push(stream));
    const first = watch(connect(segment, '172.18.0.1'));
    await segment.clock.runUntil(() => streams.length === 1, 5_000);
    streams[0]!.destroy();
    await segment.clock.runUntil(() => first.closed !== undefined, 5_000);
    expect(first.closed).toBe('ECONNRESET');
    const socket = connect(segment, '172.18.0.1');
    await segment.clock.runUntil(() => streams.length === 2 && socket.state === 'ESTABLISHED', 5_000);
    const second = record(streams[1]!);
    socket.reset();
    await segment.clock.runUntil(() => second.closed !== undefined, 5_000);
    expect(second.closed).toBe('ECONNRESET');
  });

  it('delivers megabytes to a slow reader, end included, whichever side is slow', async () => {
    const segment = await Segment.create();
    const data = Buffer.alloc(3 * MEGABYTE, 'abcdefgh');
    let outer: HostStream | undefined;
    await outsideServer(segment, '127.0.0.1', (stream) => {
      outer = stream;
      stream.pause();
      segment.clock.setTimeout(() => {
        stream.write(data);
        stream.end();
      }, 0);
    });
    const socket = connect(segment, '172.18.0.1');
    const got = watch(socket);
    socket.pause();
    socket.onConnect = () => {
      socket.write(data);
      socket.end();
    };
    await segment.clock.run(5_000);
    const sent = record(outer!);
    expect([got.bytes, got.ended, got.closed]).toEqual([0, false, undefined]);
    expect(sent.bytes).toBe(0);
    outer!.resume();
    socket.resume();
    await segment.clock.runUntil(() => got.closed !== undefined && sent.closed !== undefined, 60_000);
    expect(got).toMatchObject({ bytes: data.length, ended: true, closed: 'orderly' });
    expect(sent).toMatchObject({ bytes: data.length, ended: true, closed: 'orderly' });
  });

  it('ends its connections when it closes, and none that was being made leaks', async () => {
    const segment = await Segment.create();
    const streams: ReturnType<typeof record>[] = [];
    await outsideServer(segment, '127.0.0.1', (stream) => streams.push(record(stream)));
    const socket = connect(segment, '172.18.0.1');
    await segment.clock.runUntil(() => socket.state === 'ESTABLISHED', 5_000);
    await segment.gateway.close();
    await segment.clock.run(1_000);
    expect(streams.map(({ closed }) => closed)).toEqual(['ECONNRESET']);
  });
});

describe('UDP from a node to the machine', () => {
  it('takes the answer back to who asked, several conversations at once', async () => {
    const segment = await Segment.create();
    const server = await segment.network.bindUdp({ address: '192.0.2.53', port: 53 });
    server.onDatagram = (payload, from) => server.send(Buffer.from(`re: ${Buffer.from(payload)}`), from);
    const got: string[] = [];
    for (const word of ['one', 'two']) {
      const socket = segment.node.udp.bind({});
      socket.onMessage = (payload, from) =>
        got.push(`${Buffer.from(payload)} from ${formatIp(from.address)}:${from.port}`);
      socket.send(Buffer.from(word), { address: ipv4('192.0.2.53'), port: 53 });
    }
    await segment.clock.run(100);
    expect(got.sort()).toEqual(['re: one from 192.0.2.53:53', 're: two from 192.0.2.53:53']);
  });

  it('believes nobody but the one who was asked', async () => {
    const segment = await Segment.create();
    const server = await segment.network.bindUdp({ address: '192.0.2.53', port: 53 });
    const liar = await segment.network.bindUdp({ address: '192.0.2.54', port: 53 });
    server.onDatagram = (_, from) => liar.send(Buffer.from('lie'), from);
    const got: string[] = [];
    const socket = segment.node.udp.bind({});
    socket.onMessage = (payload) => got.push(Buffer.from(payload).toString());
    socket.send(Buffer.from('?'), { address: ipv4('192.0.2.53'), port: 53 });
    await segment.clock.run(100);
    expect(got).toEqual([]);
  });

  it('says port unreachable for what only the simulation has', async () => {
    const segment = await Segment.create();
    const socket = segment.node.udp.bind({});
    const faults: number[] = [];
    socket.onFault = ({ code }) => faults.push(code);
    socket.send(Buffer.from('?'), { address: ipv4('10.96.0.10'), port: 53 });
    await segment.clock.run(100);
    expect(faults).toEqual([3]);
  });

  it('goes on serving when more clients ask than it keeps', async () => {
    const segment = await Segment.create();
    const server = await segment.network.bindUdp({ address: '192.0.2.53', port: 53 });
    server.onDatagram = (payload, from) => server.send(payload, from);
    let answers = 0;
    for (let client = 0; client < 1100; client++) {
      const socket = segment.node.udp.bind({});
      socket.onMessage = () => answers++;
      socket.send(Buffer.from('?'), { address: ipv4('192.0.2.53'), port: 53 });
      await segment.clock.settle();
      socket.close();
    }
    await segment.clock.run(100);
    expect(answers).toBe(1100);
  });
});
