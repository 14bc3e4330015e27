import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import autocannon from 'autocannon';
import { Http2Transport } from '../client/http2-transport.ts';
import { readKubeconfig } from '../client/kubeconfig.ts';
import { RestClient } from '../client/rest-client.ts';
import { resources } from '../openapi/resources.ts';
import { systemClock } from '../platform/clock.ts';
import type { BenchCluster } from './bench-cluster.ts';
import { type BenchLine, median } from './bench-line.ts';

const SECONDS = 4;
const CONNECTIONS = 10;
const HTTP_PORT = 30180;
const UDP_PORT = 30181;
const ROUND_TRIPS = 2_000;

/** Requests and datagrams from the machine through a node's port to pods on three nodes. */
export async function benchNodePort(cluster: BenchCluster): Promise<BenchLine[]> {
  const access = await readKubeconfig(cluster.state.kubeconfig);
  const transport = new Http2Transport(access, systemClock);
  await deploy(new RestClient(transport, 'podwire-bench'));
  transport.close();
  const host = cluster.state.nodes[0]!.hostAddress;
  const http = await requestsPerSecond(`http://${host}:${HTTP_PORT}/hostname`);
  const bareHttp = await bareHttpServer();
  const udp = await roundTripMicroseconds({ address: host, port: UDP_PORT });
  const bareUdp = await bareUdpEcho();
  return [
    {
      what: `requests through a node port, ${CONNECTIONS} connections`,
      value: http,
      unit: '/s',
      limit: { value: bareHttp, of: 'bare node:http' },
    },
    {
      what: 'UDP round trip through a node port, p50',
      value: udp,
      unit: 'µs',
      limit: { value: bareUdp, of: 'bare UDP echo' },
    },
  ];
}

async function deploy(client: RestClient): Promise<void> {
  const namespace = 'default';
  const labels = { app: 'bench' };
  const container = {
    name: 'netexec',
    image: 'agnhost',
    args: ['netexec', '--http-port=8080', '--udp-port=8081'],
    ports: [{ containerPort: 8080 }, { containerPort: 8081, protocol: 'UDP' }],
  };
  await client.create(
    resources.deployments,
    {
      metadata: { name: 'bench', namespace },
      spec: {
        replicas: 3,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
    { namespace },
  );
  await client.create(
    resources.services,
    {
      metadata: { name: 'bench', namespace },
      spec: {
        type: 'NodePort',
        selector: labels,
        ports: [
          { name: 'http', port: 80, targetPort: 8080, nodePort: HTTP_PORT },
          { name: 'udp', port: 81, targetPort: 8081, protocol: 'UDP', nodePort: UDP_PORT },
        ],
      },
    },
    { namespace },
  );
  for (;;) {
    const { status } = await client.get(resources.deployments, 'bench', { namespace });
    if (status?.readyReplicas === 3) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function requestsPerSecond(url: string): Promise<number> {
  await untilAnswered(url);
  const { requests, non2xx, errors } = await autocannon({ url, connections: CONNECTIONS, duration: SECONDS });
  if (non2xx + errors > 0) throw new Error(`${non2xx} bad answers, ${errors} errors from ${url}`);
  return requests.average;
}

async function untilAnswered(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} does not answer`);
}

async function bareHttpServer(): Promise<number> {
  const server = createServer((_, response) => response.end('bench'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const rate = await requestsPerSecond(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  server.closeAllConnections();
  server.close();
  return rate;
}

async function roundTripMicroseconds(to: { address: string; port: number }): Promise<number> {
  const socket = createSocket('udp4');
  const times: number[] = [];
  for (let index = 0; index < ROUND_TRIPS; index++) {
    const began = process.hrtime.bigint();
    await roundTrip(socket, to);
    times.push(Number(process.hrtime.bigint() - began) / 1000);
  }
  socket.close();
  return median(times);
}

function roundTrip(socket: Socket, { address, port }: { address: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no echo from ${address}:${port}`)), 2_000);
    socket.once('message', () => {
      clearTimeout(late);
      resolve();
    });
    socket.send('echo bench', port, address);
  });
}

async function bareUdpEcho(): Promise<number> {
  const server = createSocket('udp4');
  server.on('message', (message, from) => server.send(message, from.port, from.address));
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  const time = await roundTripMicroseconds({ address: '127.0.0.1', port: server.address().port });
  server.close();
  return time;
}
