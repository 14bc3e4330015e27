import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { MALFORMED, PacketCaptures, tshark } from './packet-capture.ts';
import { hasTool, RunningCluster } from './running-cluster.ts';

let cluster: RunningCluster;
let captures: PacketCaptures;

beforeAll(async () => {
  cluster = await RunningCluster.start('127.0.67.0/24', [
    '--nodes=2',
    '--cluster-cidr=10.244.0.0/16,fd00:10:244::/56',
    '--service-cidr=10.96.0.0/16,fd00:10:96::/112',
  ]);
  captures = new PacketCaptures(cluster);
});
afterAll(async () => {
  await cluster?.stop();
  captures?.remove();
});

const onNode = async (...argv: string[]): Promise<string> => {
  const { stdout } = await cluster.podwire('node', 'node-1', '--', ...argv);
  return stdout;
};

describe.runIf(hasTool('kubectl') && hasTool('tshark'))('a cluster of both families', () => {
  it('answers over IPv6 from every pod, in frames that tshark finds sound', async () => {
    await cluster.kubectl('apply', '-f', 'examples/web.yaml');
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
    const patch = '{"spec":{"ipFamilyPolicy":"PreferDualStack"}}';
    await cluster.kubectl('patch', 'service', 'web', '-p', patch);
    const ip = await cluster.kubectl('get', 'svc', 'web', '-o', 'jsonpath={.spec.clusterIPs[1]}');
    expect(ip).toMatch(/^fd00:10:96::/);
    const pods = new Set<string>();
    const askAll = (): Promise<void> =>
      eventually(async () => {
        const answer = await onNode('curl', '-s', '-m', '2', `http://[${ip}]/six`);
        pods.add((JSON.parse(answer) as { pod: string }).pod);
        expect(pods.size).toBe(3);
      });
    const onWire = await captures.during('eth0', askAll);
    expect(await tshark(onWire, MALFORMED)).toEqual([]);
    const requests = await tshark(onWire, 'vxlan && http.request', ['ipv6.dst', 'http.request.uri']);
    expect(requests.length).toBeGreaterThan(0);
    // The nodes' own addresses around the pods', whose range is that of the node that came first or second.
    expect(requests[0]).toMatch(/^fd00:172:18::3,fd00:10:244:(1:)?:\w+\t\/six$/);
    pods.clear();
    const onBridge = await captures.during('cni0', askAll);
    expect(await tshark(onBridge, MALFORMED)).toEqual([]);
    expect((await tshark(onBridge, 'icmpv6.type == 135 || ipv6.nxt == 6')).length).toBeGreaterThan(0);
  });

  it('pings from node to pod', async () => {
    const stdout = await cluster.kubectl(
      'get',
      'pods',
      '-o',
      'jsonpath={range .items[*]}{.status.podIPs[1].ip}{"\\n"}{end}',
    );
    for (const address of stdout.trim().split('\n'))
      expect(await onNode('ping', '-c', '1', address)).toContain('1 received');
  });
});
