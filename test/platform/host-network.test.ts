import { describe, expect, it } from 'vitest';
import type { HostNetwork, HostStream } from '../../platform/host-network.ts';
import { MemoryHostNetwork } from '../../platform/memory-host-network.ts';
import { systemHostNetwork } from '../../platform/system-host-network.ts';

const LOCAL = { address: '127.0.0.1', port: 0 };

/** One suite for every implementation. */
describe.each<[string, () => HostNetwork]>([
  ['the machine', () => systemHostNetwork],
  ['memory', () => new MemoryHostNetwork()],
])('HostNetwork over %s', (_, create) => {
  const network = create();

  const echoServer = () =>
    network.listenTcp(LOCAL, (stream) => {
      stream.onData = (chunk) => stream.write(chunk);
      stream.onEnd = () => stream.end();
    });

  const collect = (stream: HostStream): Promise<string> =>
    new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = [];
      stream.onData = (chunk) => chunks.push(chunk.slice());
      stream.onEnd = () => resolve(Buffer.concat(chunks).toString());
      stream.onClose = (error) => error && reject(error);
    });

  it('carries bytes both ways and ends in both directions', async () => {
    const server = await echoServer();
    const stream = await network.connectTcp(server.local);
    const answer = collect(stream);
    stream.write(Buffer.from('over '));
    stream.write(Buffer.from('and out'));
    stream.end();
    expect(await answer).toBe('over and out');
    await server.close();
  });

  it('refuses a connection where nobody listens', async () => {
    const server = await echoServer();
    await server.close();
    await expect(network.connectTcp(server.local)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('refuses an address that is in use', async () => {
    const server = await echoServer();
    await expect(network.listenTcp(server.local, () => {})).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await server.close();
  });

  it('tells the peer of a reset', async () => {
    const server = await network.listenTcp(LOCAL, (stream) => {
      stream.onData = () => stream.destroy();
    });
    const stream = await network.connectTcp(server.local);
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      stream.onClose = resolve;
      stream.write(Buffer.from('anybody there?'));
    });
    expect(error?.code).toBe('ECONNRESET');
    await server.close();
  });

  it('carries datagrams and says who sent them', async () => {
    const [a, b] = await Promise.all([network.bindUdp(LOCAL), network.bindUdp(LOCAL)]);
    const received = new Promise<[string, number]>((resolve) => {
      b.onDatagram = (payload, from) => resolve([Buffer.from(payload).toString(), from.port]);
    });
    a.send(Buffer.from('ping'), b.local);
    expect(await received).toEqual(['ping', a.local.port]);
    await Promise.all([a.close(), b.close()]);
  });
});
