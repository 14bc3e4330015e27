import { TCP_ACK, TCP_PSH, TCP_SYN } from '../../agents/netstack/header/tcp-header.ts';
import type { BenchLine } from '../bench-line.ts';
import { cpuTime } from '../cpu-time.ts';
import { type Addressee, datagram, RepeatedPacket, segment } from './frames.ts';
import { rewriteLimit } from './limit.ts';
import { NodeRig, PEER, PEER_6, POD, SERVICE_6, service, service6, serviceAddress } from './node-rig.ts';

/** Frames in flight at once. */
const BATCH = 1024;
const WARM_UP_MS = 500;
/** As many as there are source ports to open them from, well below conntrack's bound. */
const CONNECTIONS = 60_000;
const PORT = 5353;

const DIRECT: Addressee = { address: PEER, port: PORT };
const THROUGH_SERVICE: Addressee = { address: serviceAddress(0), port: 80 };
const DIRECT_6: Addressee = { address: PEER_6, port: PORT };
const THROUGH_SERVICE_6: Addressee = { address: SERVICE_6, port: 80 };

/** Packets per second of computing through a whole node, veth to veth. */
export async function benchEstablished(seconds: number): Promise<BenchLine[]> {
  const limit = { value: rewriteLimit(seconds), of: 'parse, look up, rewrite' };
  const lines: BenchLine[] = [];
  for (const [what, flow, fast, goal] of [
    ['established flow, routed', udpFlow(DIRECT), true, undefined],
    ['established flow, service NAT', udpFlow(THROUGH_SERVICE), true, '≥ 5,000,000'],
    ['established flow, service NAT, TCP', tcpFlow, true, undefined],
    ['established flow, routed, IPv6', udpFlow(DIRECT_6), true, undefined],
    ['established flow, service NAT, IPv6', udpFlow(THROUGH_SERVICE_6), true, undefined],
    ['every packet the slow way, routed', udpFlow(DIRECT), false, undefined],
    ['every packet the slow way, service NAT', udpFlow(THROUGH_SERVICE), false, '≥ 1,000,000'],
    ['every packet the slow way, service NAT, IPv6', udpFlow(THROUGH_SERVICE_6), false, undefined],
  ] as const) {
    const value = await packetsPerSecond(flow, fast, seconds);
    lines.push({ what, value, unit: 'packets/s', limit, ...(goal ? { goal } : {}) });
  }
  lines.push({ what: 'new connections, service NAT', value: await connectionsPerSecond(), unit: 'a second' });
  return lines;
}

/** Opens a flow on a node, and gives the frame that its packets are. */
type Flow = (rig: NodeRig) => Promise<Uint8Array>;

const udpFlow =
  (to: Addressee): Flow =>
  async () =>
    datagram(to);

/** A handshake through the node; the peer's answer makes the connection established. */
const tcpFlow: Flow = async (rig) => {
  const send = async (link: NodeRig['pod'], frame: Uint8Array): Promise<void> => {
    link.transmit(new RepeatedPacket(frame).packet);
    await Promise.resolve();
  };
  const to = THROUGH_SERVICE;
  const numbers = { sequence: 1001, acknowledgment: 5001 };
  await send(rig.pod, segment({ to, sequence: 1000, acknowledgment: 0, flags: TCP_SYN, payload: 0 }));
  const answer = {
    from: DIRECT,
    to: { address: POD, port: 4000 },
    macs: { source: rig.peer.mac, destination: rig.peer.peer!.mac },
    payload: 0,
  };
  await send(
    rig.peer,
    segment({ ...answer, sequence: 5000, acknowledgment: 1001, flags: TCP_SYN | TCP_ACK }),
  );
  await send(rig.pod, segment({ to, ...numbers, flags: TCP_ACK, payload: 0 }));
  return segment({ to, ...numbers, flags: TCP_ACK | TCP_PSH, payload: 64 });
};

async function packetsPerSecond(flow: Flow, fast: boolean, seconds: number): Promise<number> {
  const rig = new NodeRig();
  await rig.sync([service(0, 1, 'tcp'), service(0, 1, 'udp')]);
  await rig.sync([service6()]);
  rig.node.flows.enabled = fast;
  const frame = await flow(rig);
  const packets = Array.from({ length: BATCH }, () => new RepeatedPacket(frame));
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

/** Datagrams that each open a connection: rules, NAT, and conntrack's entry. */
async function connectionsPerSecond(): Promise<number> {
  const rig = new NodeRig();
  await rig.sync([service(0, 1)]);
  const packets = Array.from(
    { length: CONNECTIONS },
    (_, i) => new RepeatedPacket(datagram(THROUGH_SERVICE, 1024 + i)).packet,
  );
  const start = cpuTime();
  for (let at = 0; at < CONNECTIONS; at += BATCH) {
    for (const packet of packets.slice(at, at + BATCH)) rig.pod.transmit(packet);
    await Promise.resolve();
  }
  const elapsed = cpuTime() - start;
  if (rig.received !== CONNECTIONS) throw new Error(`${CONNECTIONS - rig.received} packets were lost`);
  rig.delete();
  return CONNECTIONS / (elapsed / 1000);
}
