import { cidr } from '../../agents/netstack/cidr.ts';
import { type Ipv4, ipv4 } from '../../agents/netstack/ipv4.ts';
import { type Bridge, createBridge, setMaster } from '../../agents/netstack/link/bridge.ts';
import { createVethPair } from '../../agents/netstack/link/veth.ts';
import { Netns } from '../../agents/netstack/netns.ts';
import { systemClock } from '../../platform/clock.ts';
import { seededRng } from '../../platform/rng.ts';
import type { BenchLine } from '../bench-line.ts';
import { cpuTime } from '../cpu-time.ts';

const CHUNK = new Uint8Array(256 * 1024);
const PORT = 80;

/** TCP between two pods of a node, both ends and the bridge between on one core. */
export async function benchPodToPod(seconds: number): Promise<BenchLine[]> {
  const rng = seededRng(1);
  const node = new Netns({ name: 'node', clock: systemClock, rng });
  const cni0 = createBridge(node, 'cni0');
  cni0.setUp();
  const [client, server] = [pod(node, cni0, 2), pod(node, cni0, 3)];
  let received = 0;
  server.tcp.listen({ port: PORT }, (socket) => {
    socket.onData = (chunk) => {
      received += chunk.length;
    };
  });
  const socket = client.tcp.connect({ address: addressOf(3), port: PORT });
  const fill = (): void => {
    while (socket.write(CHUNK));
  };
  socket.onConnect = fill;
  socket.onDrain = fill;
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const until = async (milliseconds: number): Promise<number> => {
    const [start, before] = [cpuTime(), received];
    while (cpuTime() - start < milliseconds) await turn();
    return (received - before) / ((cpuTime() - start) / 1000);
  };
  await until(500);
  const bytes = await until(seconds * 1000);
  for (const ns of [client, server, node]) ns.delete();
  return [{ what: 'TCP pod to pod on one node', value: (bytes * 8) / 1e9, unit: 'Gbit/s', goal: '≥ 1' }];
}

const addressOf = (host: number): Ipv4 => ipv4(`10.244.1.${host}`);

function pod(node: Netns, bridge: Bridge, host: number): Netns {
  const ns = new Netns({ name: `pod-${host}`, clock: systemClock, rng: seededRng(host) });
  const [inside, outside] = createVethPair({ ns, name: 'eth0' }, { ns: node, name: `veth${host}` });
  setMaster(outside, bridge);
  outside.setUp();
  ns.addAddress(inside, cidr(`10.244.1.${host}/24`));
  inside.setUp();
  return ns;
}
