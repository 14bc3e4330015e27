import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { ipv4 } from '../../agents/netstack/ipv4.ts';
import { type BenchLine, median } from '../bench-line.ts';
import { ECHO_PORT, type FarReady, SINK_PORT } from './far-ready.ts';
import { type WiredNode, wiredNode } from './wired-node.ts';

const ROUND_TRIPS = 3000;
const WARM_UP = 500;
const FAR_POD = ipv4('10.244.2.2');

/** Pod to pod between two processes, through both nodes and their tunnel. */
export async function benchAcross(seconds: number): Promise<BenchLine[]> {
  const far = fork(new URL('./far-process.ts', import.meta.url), { execArgv: process.execArgv });
  try {
    const [ready] = (await once(far, 'message')) as [FarReady];
    const near = await wiredNode(1);
    near.connect(ready.wire);
    far.send(near.wire);
    const bare = await bareRoundTrip(ready.barePort);
    const roundTrip = await podRoundTrip(near);
    const gigabits = await throughput(near, far, seconds);
    return [
      {
        what: 'UDP round trip across two agents, p50',
        value: roundTrip,
        unit: 'µs',
        limit: { value: bare, of: 'bare UDP echo' },
        goal: '≤ 200 %',
      },
      { what: 'TCP across two agents', value: gigabits, unit: 'Gbit/s', goal: '≥ 0.5' },
    ];
  } finally {
    far.kill();
  }
}

/** The median of many, one at a time, in microseconds. */
async function roundTrips(one: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + ROUND_TRIPS; i++) {
    const start = performance.now();
    await one();
    if (i >= WARM_UP) times.push((performance.now() - start) * 1000);
  }
  return median(times);
}

async function bareRoundTrip(port: number): Promise<number> {
  const socket = createSocket('udp4');
  const payload = Buffer.alloc(64);
  let answered = (): void => {};
  socket.on('message', () => answered());
  const result = await roundTrips(
    () =>
      new Promise((resolve) => {
        answered = resolve;
        socket.send(payload, port, '127.0.0.1');
      }),
  );
  socket.close();
  return result;
}

async function podRoundTrip({ pod }: WiredNode): Promise<number> {
  const socket = pod.udp.bind({});
  const payload = new Uint8Array(64);
  let answered = (): void => {};
  socket.onMessage = () => answered();
  const result = await roundTrips(
    () =>
      new Promise((resolve) => {
        answered = resolve;
        socket.send(payload, { address: FAR_POD, port: ECHO_PORT });
      }),
  );
  socket.close();
  return result;
}

async function throughput(
  { pod }: WiredNode,
  far: ReturnType<typeof fork>,
  seconds: number,
): Promise<number> {
  const chunk = new Uint8Array(64 << 10);
  const socket = pod.tcp.connect({ address: FAR_POD, port: SINK_PORT });
  const fill = (): void => {
    while (socket.write(chunk));
  };
  socket.onConnect = fill;
  socket.onDrain = fill;
  const [first] = (await once(far, 'message')) as [number];
  const start = performance.now();
  let received = first;
  while (performance.now() - start < seconds * 1000) [received] = (await once(far, 'message')) as [number];
  const elapsed = performance.now() - start;
  socket.destroy();
  return ((received - first) * 8) / elapsed / 1e6;
}
