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
  const far = fork(new URL('./far-process.mjs', import.meta.url));
  try {
    const [ready] = (await once(far, 'message')) as [FarReady];
    const near = await wiredNode(1);
    near.connect(ready.wire);
    far.send(near.wire);
    const { bare, pods } = await roundTrips(ready.barePort, near);
    const gigabits = await throughput(near, far, seconds);
    return [
      {
        what: 'UDP round trip across two agents, p50',
        value: pods,
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

/** Medians of many, one at a time and in turns, so that what else the machine does is in both; in microseconds. */
async function roundTrips(barePort: number, near: WiredNode): Promise<{ bare: number; pods: number }> {
  const [bareEcho, podEcho] = [openBareEcho(barePort), openPodEcho(near)];
  const times: { readonly bare: number[]; readonly pods: number[] } = { bare: [], pods: [] };
  for (let i = 0; i < WARM_UP + ROUND_TRIPS; i++) {
    const start = performance.now();
    await bareEcho.once();
    const middle = performance.now();
    await podEcho.once();
    if (i < WARM_UP) continue;
    times.bare.push((middle - start) * 1000);
    times.pods.push((performance.now() - middle) * 1000);
  }
  bareEcho.close();
  podEcho.close();
  return { bare: median(times.bare), pods: median(times.pods) };
}

interface Echo {
  once(): Promise<void>;
  close(): void;
}

function openBareEcho(port: number): Echo {
  const socket = createSocket('udp4');
  const payload = Buffer.alloc(64);
  let answered = (): void => {};
  socket.on('message', () => answered());
  return {
    once: () =>
      new Promise((resolve) => {
        answered = resolve;
        socket.send(payload, port, '127.0.0.1');
      }),
    close: () => socket.close(),
  };
}

function openPodEcho({ pod }: WiredNode): Echo {
  const socket = pod.udp.bind({});
  const payload = new Uint8Array(64);
  let answered = (): void => {};
  socket.onMessage = () => answered();
  return {
    once: () =>
      new Promise((resolve) => {
        answered = resolve;
        socket.send(payload, { address: FAR_POD, port: ECHO_PORT });
      }),
    close: () => socket.close(),
  };
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
