import { decode, encode, RECURSION_DESIRED } from 'dns-packet';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DnsServer, startDnsServer } from '../../../controllers/coredns/dns-server.ts';
import type { DnsPlugin } from '../../../controllers/coredns/plugin.ts';
import type { HostEndpoint } from '../../../platform/host-network.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { MemoryHostNetwork } from '../../../platform/memory-host-network.ts';

const network = new MemoryHostNetwork();
/** Answers as many addresses as the first label says. */
const counting: DnsPlugin = {
  name: 'counting',
  serve: ({ name }) => ({
    rcode: 'NOERROR',
    authoritative: true,
    answers: Array.from({ length: Number(name.split('.')[0]) }, () => ({
      name,
      type: 'A',
      ttl: 1,
      data: '10.0.0.1',
    })),
    authorities: [],
    additionals: [],
  }),
};
let server: DnsServer;

beforeAll(async () => {
  server = await startDnsServer({
    network,
    listen: { address: '127.0.0.1', port: 0 },
    plugins: [counting],
    metrics: new Registry(),
    logger: silentLogger,
  });
});
afterAll(() => server.close());

async function overUdp(message: Uint8Array, to: HostEndpoint): Promise<Buffer> {
  const socket = await network.bindUdp({ address: '127.0.0.1', port: 0 });
  const answer = new Promise<Buffer>((resolve) => {
    socket.onDatagram = (payload) => resolve(Buffer.from(payload));
  });
  socket.send(message, to);
  return answer.finally(() => socket.close());
}

async function overTcp(message: Uint8Array, to: HostEndpoint): Promise<Buffer> {
  const stream = await network.connectTcp(to);
  const chunks: Uint8Array[] = [];
  const whole = new Promise<Buffer>((resolve) => {
    stream.onData = (chunk) => chunks.push(chunk.slice());
    stream.onEnd = () => resolve(Buffer.concat(chunks).subarray(2));
  });
  const framed = Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
  // In two pieces, as a network may deliver it.
  stream.write(framed.subarray(0, 5));
  stream.write(framed.subarray(5));
  stream.end();
  return whole;
}

const query = (name: string, additionals: object[] = []) =>
  encode({
    type: 'query',
    id: 77,
    flags: RECURSION_DESIRED,
    questions: [{ type: 'A', name }],
    additionals: additionals as never,
  });
const EDNS = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] };

describe('DNS server', () => {
  it('answers over UDP and TCP with the id and the question of the query', async () => {
    for (const ask of [overUdp, overTcp]) {
      const reply = decode(await ask(query('2.example'), server.local));
      expect(reply).toMatchObject({
        id: 77,
        flag_aa: true,
        flag_rd: true,
        questions: [{ name: '2.example' }],
      });
      expect(reply.answers).toHaveLength(2);
    }
  });

  it('cuts what does not fit a plain datagram, and only then', async () => {
    const cut = await overUdp(query('60.example'), server.local);
    expect(cut.length).toBeLessThanOrEqual(512);
    expect(decode(cut)).toMatchObject({ flag_tc: true, answers: [] });
    const extended = decode(await overUdp(query('60.example', [EDNS]), server.local));
    expect(extended.flag_tc).toBe(false);
    expect(extended.answers).toHaveLength(60);
    expect(decode(await overTcp(query('60.example'), server.local)).answers).toHaveLength(60);
  });

  it('answers what it cannot read with FORMERR', async () => {
    const broken = Buffer.concat([query('1.example').subarray(0, 14)]);
    expect(decode(await overUdp(broken, server.local))).toMatchObject({ id: 77, rcode: 'FORMERR' });
  });

  it('survives any datagram', async () => {
    const socket = await network.bindUdp({ address: '127.0.0.1', port: 0 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => socket.send(bytes, server.local)));
    const reply = decode(await overUdp(query('1.example'), server.local));
    expect(reply.answers).toHaveLength(1);
    await socket.close();
  });
});
