import { performance } from 'node:perf_hooks';
import { cidr } from '../agents/netstack/cidr.ts';
import { writeEthernet } from '../agents/netstack/header/ethernet.ts';
import { writeIpv4Header } from '../agents/netstack/header/ipv4-header.ts';
import { writeUdp, writeUdpChecksum } from '../agents/netstack/header/udp-header.ts';
import { ipv4 } from '../agents/netstack/ipv4.ts';
import { createBridge, setMaster } from '../agents/netstack/link/bridge.ts';
import { EthernetDevice } from '../agents/netstack/link/ethernet-device.ts';
import { createVethPair } from '../agents/netstack/link/veth.ts';
import { mac } from '../agents/netstack/mac.ts';
import { Netns } from '../agents/netstack/netns.ts';
import { Packet } from '../agents/netstack/packet.ts';
import { systemClock } from '../platform/clock.ts';
import { seededRng } from '../platform/rng.ts';

/**
 * Packets per second of one established UDP flow through a node: in by a bridge port, PREROUTING, route,
 * FORWARD, POSTROUTING, out by eth0; bare, with netfilter's tables and conntrack, and with service NAT.
 * `node --import tsx bench/netstack.ts [seconds]`
 */
const SECONDS = Number(process.argv[2] ?? 2);
const POD = ipv4('10.244.1.2');
const PEER = ipv4('10.244.2.2');
const VIP = ipv4('10.96.0.10');
const POD_MAC = mac('02:00:00:00:00:02');
const GATEWAY_MAC = mac('02:00:00:00:00:01');

const TABLES = `*filter
:KUBE-FORWARD - [0:0]
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
`;
const SERVICE = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-SEP-A - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m udp --dport 53 -j KUBE-SEP-A
-A KUBE-SEP-A -p udp -m udp -j DNAT --to-destination 10.244.2.2:5353
COMMIT
`;

interface Rig {
  readonly port: EthernetDevice;
  readonly node: Netns;
  readonly sent: () => number;
}

function build(rules: string): Rig {
  let sent = 0;
  const node = new Netns({ name: 'node', clock: systemClock, rng: seededRng(1) });
  node.lo.setUp();
  node.sysctl.set('net.ipv4.ip_forward', 1);
  const port = new EthernetDevice(node, 'veth1', { transmit: () => {} });
  const eth0 = new EthernetDevice(node, 'eth0', {
    transmit: () => {
      sent++;
    },
  });
  node.addAddress(eth0, cidr('172.18.0.2/16'));
  eth0.setUp();
  const cni0 = createBridge(node, 'cni0', { mac: GATEWAY_MAC });
  setMaster(port, cni0);
  port.setUp();
  node.addAddress(cni0, cidr('10.244.1.1/24'));
  cni0.setUp();
  node.addRoute({ destination: cidr('10.244.2.0/24'), gateway: ipv4('172.18.0.3') });
  node.addNeighbour(eth0, ipv4('172.18.0.3'), mac('02:00:00:00:00:03'));
  if (rules !== '') {
    const result = node.iptables.restore(rules, { noflush: true });
    if (!result.ok) throw new Error(result.error);
  }
  return { port, node, sent: () => sent };
}

const PAYLOAD = 64;

function datagram(destination: typeof VIP, port: number): Uint8Array {
  const total = 20 + 8 + PAYLOAD;
  const bytes = new Uint8Array(64 + 14 + total);
  writeEthernet(bytes, 64, GATEWAY_MAC, POD_MAC, 0x0800);
  const l3 = 78;
  writeIpv4Header(bytes, l3, {
    source: POD,
    destination,
    protocol: 17,
    totalLength: total,
    tos: 0,
    ttl: 64,
    id: 0,
    fragment: 0,
  });
  writeUdp(bytes, l3 + 20, { sourcePort: 4000, destinationPort: port, length: 8 + PAYLOAD });
  writeUdpChecksum(bytes, l3 + 20, POD, destination);
  return bytes;
}

/** The template is copied into one buffer for each packet, so that every packet arrives as it was sent. */
function run(name: string, rules: string, destination: typeof VIP, port: number): void {
  const rig = build(rules);
  const template = datagram(destination, port);
  const buffer = template.slice();
  const packet = new Packet(buffer, 64, template.length);
  packet.checksumsGood = true;
  const one = () => {
    buffer.set(template);
    packet.start = 64;
    packet.end = template.length;
    packet.scrub(true);
    packet.input = undefined;
    rig.port.receivePacket(packet);
  };
  for (let i = 0; i < 200_000; i++) one();
  const before = rig.sent();
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < SECONDS * 1000) {
    for (let i = 0; i < 10_000; i++) one();
    count += 10_000;
  }
  const elapsed = performance.now() - start;
  if (rig.sent() - before !== count) throw new Error(`${name}: ${count - rig.sent() + before} packets lost`);
  const rate = count / (elapsed / 1000);
  console.log(
    `${name.padEnd(46)} ${Math.round(rate).toLocaleString('en')} packets/s  ${((elapsed * 1e6) / count).toFixed(0)} ns`,
  );
}

run('routed, no tables', '', PEER, 5353);
run('filter table and conntrack', TABLES, PEER, 5353);
run('service NAT (DNAT), filter table and conntrack', TABLES + SERVICE, VIP, 53);

/** Bytes per second of one TCP stream between two pods of a node, over veth pairs and its bridge. */
async function runTcp(): Promise<void> {
  const node = new Netns({ name: 'node', clock: systemClock, rng: seededRng(1) });
  const cni0 = createBridge(node, 'cni0', { mtu: 1450 });
  cni0.setUp();
  const [client, server] = [2, 3].map((host) => {
    const ns = new Netns({ name: `pod${host}`, clock: systemClock, rng: seededRng(host) });
    const [eth0, veth] = createVethPair(
      { ns, name: 'eth0', mtu: 1450 },
      { ns: node, name: `veth${host}`, mtu: 1450 },
    );
    setMaster(veth, cni0);
    veth.setUp();
    ns.addAddress(eth0, cidr(`10.244.1.${host}/24`));
    eth0.setUp();
    return ns;
  }) as [Netns, Netns];
  const total = 400 << 20;
  const chunk = new Uint8Array(256 << 10);
  const start = performance.now();
  await new Promise<void>((resolve) => {
    server.tcp.listen({ port: 80 }, (socket) => {
      socket.onData = () => socket.bytesReceived >= total && resolve();
    });
    const socket = client.tcp.connect({ address: ipv4('10.244.1.3'), port: 80 });
    const fill = () => {
      while (socket.bytesSent < total && socket.write(chunk));
    };
    socket.onConnect = fill;
    socket.onDrain = fill;
  });
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${'TCP, pod to pod on one node'.padEnd(46)} ${((total * 8) / seconds / 1e9).toFixed(2)} Gbit/s`,
  );
  for (const ns of [client, server, node]) ns.delete();
}

/** The time to load the rules of many Services with five endpoints each, and to change one of them. */
function runLoad(services: number): void {
  const node = new Netns({ name: 'node', clock: systemClock, rng: seededRng(1) });
  const lines = ['*nat', ':KUBE-SERVICES - [0:0]'];
  const rules: string[] = [];
  const one = (i: number): [string[], string[]] => {
    const chains = [`:KUBE-SVC-${i} - [0:0]`];
    const own: string[] = [];
    for (let k = 0; k < 5; k++) {
      const sep = `KUBE-SEP-${i}-${k}`;
      const address = `10.244.${(i >>> 6) & 255}.${((i & 63) << 2) | (k % 4)}`;
      chains.push(`:${sep} - [0:0]`);
      own.push(
        `-A KUBE-SVC-${i} -m comment --comment "ns/svc-${i} -> ${address}:80" -m statistic --mode random --probability ${(1 / (5 - k)).toFixed(10)} -j ${sep}`,
        `-A ${sep} -m comment --comment ns/svc-${i} -s ${address} -j ACCEPT`,
        `-A ${sep} -m comment --comment ns/svc-${i} -m tcp -p tcp -j DNAT --to-destination ${address}:80`,
      );
    }
    return [chains, own];
  };
  for (let i = 0; i < services; i++) {
    const [chains, own] = one(i);
    lines.push(...chains);
    rules.push(
      ...own,
      `-A KUBE-SERVICES -m tcp -p tcp -d 10.${96 + (i >>> 16)}.${(i >>> 8) & 255}.${i & 255} --dport 80 -j KUBE-SVC-${i}`,
    );
  }
  const text = `${[...lines, ...rules, 'COMMIT'].join('\n')}\n`;
  const [chains, own] = one(7);
  const partial = `${['*nat', ...chains, ...own, 'COMMIT'].join('\n')}\n`;
  const timed = (label: string, input: string) => {
    const start = performance.now();
    const result = node.iptables.restore(input, { noflush: true });
    if (!result.ok) throw new Error(result.error);
    console.log(`${label.padEnd(46)} ${(performance.now() - start).toFixed(1)} ms`);
  };
  timed(`load ${services} services x 5 endpoints`, text);
  timed('change one of them', partial);
}

await runTcp();
runLoad(1000);
runLoad(10_000);
process.exit(0);
