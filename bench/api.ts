import { setMaxListeners } from 'node:events';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { Http2Transport } from '../client/http2-transport.ts';
import { type ClusterAccess, readKubeconfig } from '../client/kubeconfig.ts';
import { RestClient } from '../client/rest-client.ts';
import { resources } from '../openapi/resources.ts';
import { systemClock } from '../platform/clock.ts';
import type { BenchCluster } from './bench-cluster.ts';
import type { BenchLine } from './bench-line.ts';

const CREATES = 4_000;
const IN_FLIGHT = 32;
const WATCHERS = 100;
const EVENTS = 200;
/** So that a ConfigMap is about 1 KB. */
const PAYLOAD = 'x'.repeat(800);

/** Creates a second and watch deliveries a second, over TLS and HTTP/2 as every component uses it. */
export async function benchApi(cluster: BenchCluster): Promise<BenchLine[]> {
  const access = await readKubeconfig(cluster.state.kubeconfig);
  const transport = new Http2Transport(access, systemClock);
  const client = new RestClient(transport, 'podwire-bench');
  const creates = await createsPerSecond(client, 'bench');
  const limit = await bareFastify();
  const deliveries = await deliveriesPerSecond(client, access);
  transport.close();
  return [
    {
      what: `creates of 1 KB ConfigMaps, ${IN_FLIGHT} in flight`,
      value: creates,
      unit: '/s',
      limit: { value: limit, of: 'bare fastify, HTTP/2 without TLS' },
    },
    { what: `watch deliveries, 1 event to ${WATCHERS} watchers`, value: deliveries, unit: '/s' },
  ];
}

async function inParallel(count: number, work: (index: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const began = performance.now();
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return count / ((performance.now() - began) / 1000);
}

function createsPerSecond(client: RestClient, prefix: string): Promise<number> {
  return inParallel(CREATES, (index) =>
    client.create(
      resources.configmaps,
      { metadata: { name: `${prefix}-${index}`, namespace: 'default' }, data: { payload: PAYLOAD } },
      { namespace: 'default' },
    ),
  );
}

/** A server that parses the same body and sends the same bytes back: no store, no validation, no watch. */
async function bareFastify(): Promise<number> {
  const server = Fastify({ http2: true });
  server.post('/', async (request) => request.body);
  await server.listen({ port: 0, host: '127.0.0.1' });
  const session = connect(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}`);
  const body = JSON.stringify({
    metadata: { name: 'bench', namespace: 'default' },
    data: { payload: PAYLOAD },
  });
  const post = () =>
    new Promise<void>((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': '/', 'content-type': 'application/json' });
      stream.on('data', () => {});
      stream.on('end', resolve);
      stream.on('error', reject);
      stream.end(body);
    });
  const rate = await inParallel(CREATES, post);
  session.close();
  await server.close();
  return rate;
}

async function deliveriesPerSecond(client: RestClient, access: ClusterAccess): Promise<number> {
  const transports = Array.from({ length: 10 }, () => new Http2Transport(access, systemClock));
  const ended = new AbortController();
  setMaxListeners(0, ended.signal);
  const wanted = WATCHERS * EVENTS;
  let delivered = 0;
  let finish: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const { metadata } = await client.list(resources.secrets, { namespace: 'default' });
  const watch = async (transport: Http2Transport): Promise<void> => {
    const watcher = new RestClient(transport, 'podwire-bench');
    const { resourceVersion } = metadata;
    const options = { namespace: 'default', resourceVersion, signal: ended.signal };
    for await (const event of watcher.watch(resources.secrets, options)) {
      if (event.type === 'ADDED' && ++delivered === wanted) finish();
    }
  };
  const watching = Array.from({ length: WATCHERS }, (_, index) =>
    watch(transports[index % transports.length]!),
  );
  const began = performance.now();
  await inParallel(EVENTS, (index) =>
    client.create(
      resources.secrets,
      { metadata: { name: `bench-${index}`, namespace: 'default' }, stringData: { payload: PAYLOAD } },
      { namespace: 'default' },
    ),
  );
  await all;
  const rate = wanted / ((performance.now() - began) / 1000);
  ended.abort();
  await Promise.allSettled(watching);
  for (const transport of transports) transport.close();
  return rate;
}
