import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { MALFORMED, PacketCaptures, tshark } from './packet-capture.ts';
import { hasTool, RunningCluster } from './running-cluster.ts';

let cluster: RunningCluster;
let captures: PacketCaptures;

beforeAll(async () => {
  cluster = await RunningCluster.start('127.0.62.0/24');
  captures = new PacketCaptures(cluster);
});
afterAll(async () => {
  await cluster?.stop();
  captures?.remove();
});

describe.runIf(hasTool('kubectl') && hasTool('tshark'))('a capture of a cross-node request', () => {
  it('holds nothing malformed and shows HTTP inside VXLAN', async () => {
    await cluster.kubectl('apply', '-f', 'examples/web.yaml');
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
    const file = await captures.during('eth0', async () => {
      const url = `http://${cluster.hostAddress(1)}:30080/over-the-wire`;
      const nodes = new Set<string>();
      await eventually(async () => {
        const response = await fetch(url, { headers: { connection: 'close' } });
        nodes.add(((await response.json()) as { node: string }).node);
        expect(nodes.size).toBe(3);
      });
    });
    expect(await tshark(file, MALFORMED)).toEqual([]);
    const inner = await tshark(file, 'vxlan && http.request', [
      'vxlan.vni',
      'udp.dstport',
      'http.request.uri',
    ]);
    expect(inner.length).toBeGreaterThan(0);
    expect(inner[0]).toBe('1\t8472\t/over-the-wire');
  });
});
