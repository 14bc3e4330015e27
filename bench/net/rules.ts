import { performance } from 'node:perf_hooks';
import { PROXY_MODES, type ProxyModeName } from '../../controllers/kube-proxy/configuration/proxy-config.ts';
import type { BenchLine } from '../bench-line.ts';
import { median } from '../bench-line.ts';
import { datagram, RepeatedPacket } from './frames.ts';
import { NodeRig, service, serviceAddress } from './node-rig.ts';

const ENDPOINTS = 5;
const CHANGES = 7;
const FIRST_PACKETS = 20_000;

/** What rules for many Services cost in each proxy mode: to load, to change, and for a new connection. */
export async function benchRules(services: number): Promise<BenchLine[]> {
  const lines: BenchLine[] = [];
  for (const mode of PROXY_MODES) lines.push(...(await measure(mode, services)));
  return lines;
}

async function measure(mode: ProxyModeName, count: number): Promise<BenchLine[]> {
  const what = `${mode}, ${count.toLocaleString('en')} Services`;
  const rig = new NodeRig({ mode });
  const ports = Array.from({ length: count }, (_, index) => service(index, ENDPOINTS));
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  const load = await timed(() => rig.sync(ports));
  global.gc?.();
  const megabytes = (process.memoryUsage().heapUsed - before) / 1e6;
  const changes: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const changed = [...ports];
    changed[count >> 1] = service(count >> 1, 1 + (i % ENDPOINTS));
    changes.push(await timed(() => rig.sync(changed)));
  }
  // What loading and changing left behind is not a packet's cost.
  global.gc?.();
  const first = await firstPacketMicroseconds(rig, count);
  rig.delete();
  const goals = count === 10_000 ? ['≤ 2,000', '≤ 50'] : [];
  return [
    { what: `${what}: load`, value: load, unit: 'ms', ...(goals[0] ? { goal: goals[0] } : {}) },
    {
      what: `${what}: change one`,
      value: median(changes),
      unit: 'ms',
      ...(goals[1] ? { goal: goals[1] } : {}),
    },
    { what: `${what}: memory`, value: megabytes, unit: 'MB' },
    { what: `${what}: first packet to the last one`, value: first, unit: 'µs' },
  ];
}

async function timed(act: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

/** A connection's first packet, each from a port of its own, to the Service whose rules come last. */
async function firstPacketMicroseconds(rig: NodeRig, count: number): Promise<number> {
  const packets = Array.from({ length: FIRST_PACKETS }, (_, i) => {
    const to = { address: serviceAddress(count - 1), port: 80 };
    const packet = new RepeatedPacket(datagram(to, 20_000 + i));
    packet.reset();
    return packet;
  });
  const times: number[] = [];
  for (let i = 0; i < FIRST_PACKETS; i += 100) {
    const start = performance.now();
    for (let k = i; k < i + 100; k++) rig.pod.transmit(packets[k]!.packet);
    await Promise.resolve();
    times.push(((performance.now() - start) / 100) * 1000);
  }
  return median(times);
}
