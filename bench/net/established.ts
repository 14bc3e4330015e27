import type { BenchLine } from '../bench-line.ts';
import { cpuTime } from '../cpu-time.ts';
import { type Addressee, RepeatedPacket } from './frames.ts';
import { rewriteLimit } from './limit.ts';
import { NodeRig, PEER, service, serviceAddress } from './node-rig.ts';

/** Frames in flight at once. */
const BATCH = 1024;
const WARM_UP_MS = 500;

/** Packets per second of computing of one established UDP flow through a whole node, veth to veth. */
export async function benchEstablished(seconds: number): Promise<BenchLine[]> {
  const limit = { value: rewriteLimit(seconds), of: 'parse, look up, rewrite' };
  const direct = { address: PEER, port: 5353 };
  const throughService = { address: serviceAddress(0), port: 80 };
  const lines: BenchLine[] = [];
  for (const [what, to, fast, goal] of [
    ['established flow, routed', direct, true, undefined],
    ['established flow, service NAT', throughService, true, '≥ 5,000,000'],
    ['every packet the slow way, routed', direct, false, undefined],
    ['every packet the slow way, service NAT', throughService, false, '≥ 1,000,000'],
  ] as const) {
    const value = await packetsPerSecond(to, fast, seconds);
    lines.push({ what, value, unit: 'packets/s', limit, ...(goal ? { goal } : {}) });
  }
  return lines;
}

async function packetsPerSecond(to: Addressee, fast: boolean, seconds: number): Promise<number> {
  const rig = new NodeRig();
  await rig.sync([service(0, 1)]);
  rig.node.flows.enabled = fast;
  const packets = Array.from({ length: BATCH }, () => new RepeatedPacket(to));
  let elapsed = 0;
  let sent = 0;
  /** To put the frames back as they were is not the node's work, and is not timed. */
  const run = async (milliseconds: number): Promise<void> => {
    elapsed = 0;
    sent = 0;
    while (elapsed < milliseconds) {
      for (const packet of packets) packet.reset();
      const start = cpuTime();
      for (const { packet } of packets) rig.pod.transmit(packet);
      await Promise.resolve();
      elapsed += cpuTime() - start;
      sent += BATCH;
    }
  };
  await run(WARM_UP_MS);
  const before = rig.received;
  await run(seconds * 1000);
  if (rig.received - before !== sent) throw new Error(`${sent - rig.received + before} packets were lost`);
  rig.delete();
  return sent / (elapsed / 1000);
}
