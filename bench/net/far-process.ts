import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import type { HostEndpoint } from '../../platform/host-network.ts';
import { ECHO_PORT, type FarReady, SINK_PORT } from './far-ready.ts';
import { wiredNode } from './wired-node.ts';

// The other agent of bench/net/across.ts: a node whose pod echoes UDP and swallows TCP, and a bare UDP echo.
const REPORT_MS = 50;

const node = await wiredNode(2);
const echo = node.pod.udp.bind({ port: ECHO_PORT });
echo.onMessage = (payload, from, to) => void echo.send(payload, from, to);
node.pod.tcp.listen({ port: SINK_PORT }, (socket) => {
  socket.onData = () => {};
  setInterval(() => process.send?.(socket.bytesReceived), REPORT_MS).unref();
});
const bare = createSocket('udp4');
bare.on('message', (message, { port, address }) => bare.send(message, port, address));
bare.bind(0, '127.0.0.1', () => {
  const ready: FarReady = { wire: node.wire, barePort: (bare.address() as AddressInfo).port };
  process.send?.(ready);
});
process.on('message', (peer: HostEndpoint) => node.connect(peer));
process.on('disconnect', () => process.exit(0));
