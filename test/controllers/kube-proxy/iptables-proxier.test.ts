import { describe, expect, it } from 'vitest';
import { IPV4 } from '../../../controllers/kube-proxy/ip-family.ts';
import type { ProxiedPort } from '../../../controllers/kube-proxy/service-port.ts';
import { features } from './features.ts';
import { proxiedPort } from './proxied-port.ts';
import { RecordingNode } from './recording-node.ts';
import { testConfig } from './rule-settings.ts';

const HOUR_MS = 3_600_000;
const CANARY = 'iptables -t mangle -S KUBE-PROXY-CANARY';

const web = (endpoints: number): ProxiedPort =>
  proxiedPort({ endpoints: Array.from({ length: endpoints }, (_, i) => ({ ip: `10.244.1.${i + 2}` })) });
const big = (endpoints: number): ProxiedPort =>
  proxiedPort({
    name: 'default/big',
    clusterIp: '10.96.0.11',
    endpoints: Array.from({ length: endpoints }, (_, i) => ({ ip: `10.245.${i >> 8}.${i & 255}` })),
  });

describe('the iptables mode', () => {
  it('writes everything once, then what has changed, and everything after an hour', async () => {
    const node = new RecordingNode(testConfig('iptables'));
    const others = big(3);
    expect(await node.sync([web(1), others])).toMatchObject({ isFull: true });
    expect(node.text).toContain('-I PREROUTING');
    const partial = await node.sync([web(2), others]);
    expect(partial).toMatchObject({ isFull: false });
    expect(node.text).toContain('-> 10.244.1.2:8080');
    expect(node.text).not.toContain('-> 10.245');
    expect(node.text).not.toContain('-I PREROUTING');
    const ports = [web(2), others];
    await node.sync(ports);
    expect(await node.sync(ports)).toBeUndefined();
    expect(node.text).toBe('');
    node.now += HOUR_MS + 1;
    expect(await node.sync(ports)).toMatchObject({ isFull: true });
    expect(node.text).toContain('-> 10.245');
  });

  it('writes the chains that all share with every change, so that what somebody did to them is undone', async () => {
    const node = new RecordingNode(testConfig('iptables'));
    const others = big(3);
    await node.sync([web(1), others]);
    await node.sync([web(2), others]);
    expect(node.text).toContain('-A KUBE-SERVICES -m comment --comment "default/big cluster IP"');
    expect(node.text).toContain('-A KUBE-FORWARD -m comment');
    expect(node.text).toContain('-A KUBE-POSTROUTING -j MARK');
  });

  it('writes as little as it can in a large cluster, and deletes stale chains once a period', async () => {
    const node = new RecordingNode(testConfig('iptables'));
    const others = big(1001);
    const deleted = (): number => node.text.match(/^-X KUBE-SEP-/gm)?.length ?? 0;
    await node.sync([web(3), others]);
    node.now += 1000;
    await node.sync([web(2), others]);
    expect(deleted()).toBe(0);
    expect(node.text).not.toMatch(/KUBE-SERVICES|KUBE-FORWARD|10\.244\.1\.[23]/);
    node.now += 20_000;
    await node.sync([web(4), others]);
    expect(deleted()).toBe(0);
    node.now += 10_000;
    await node.sync([web(1), others]);
    expect(deleted()).toBe(3);
    node.now += 30_000;
    node.answers.set('iptables-save', '*nat\n:KUBE-SEP-OLD - [0:0]\nCOMMIT\n');
    node.failing.add(CANARY);
    await node.sync([web(1), others]);
    expect(node.text).not.toContain('-X KUBE-SEP-OLD');
  });

  it('counts in accounting objects where the kernel has them', async () => {
    const node = new RecordingNode(testConfig('iptables'));
    const ports = [proxiedPort({ nodePort: 30_080, endpoints: [{}] })];
    const counted = (): string[] => node.text.split('\n').filter((line) => line.includes('-m nfacct'));
    await node.sync(ports);
    expect(node.commands.map(({ argv }) => argv).filter((argv) => argv.startsWith('nfacct'))).toEqual([
      'nfacct list',
      'nfacct add ct_state_invalid_dropped_pkts',
      'nfacct add localhost_nps_accepted_pkts',
    ]);
    expect(counted()).toEqual([
      '-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP',
      expect.stringMatching(
        /^-A KUBE-NODEPORTS -m comment --comment default\/web:http -m tcp -p tcp -d 127\.0\.0\.0\/8 --dport 30080 -m nfacct --nfacct-name localhost_nps_accepted_pkts -j KUBE-EXT-\w+$/,
      ),
    ]);
    const without = new RecordingNode(testConfig('iptables'));
    without.failing.add('nfacct');
    await without.sync(ports);
    expect(without.text).not.toContain('-m nfacct');
    expect(without.text).toContain('--ctstate INVALID -j DROP');
    const elsewhere = new RecordingNode(testConfig('iptables', { localhostNodePorts: false }));
    await elsewhere.sync(ports);
    expect(elsewhere.text).not.toContain('localhost_nps_accepted_pkts -j');
  });

  it('writes everything after a failure', async () => {
    const node = new RecordingNode(testConfig('iptables'));
    await node.sync([web(1)]);
    node.failing.add('iptables-restore');
    await expect(node.sync([web(2)])).rejects.toThrow('iptables-restore');
    node.failing.clear();
    expect(await node.sync([web(2)])).toMatchObject({ isFull: true });
  });

  it('looks once a period whether somebody has flushed the rules', async () => {
    const node = new RecordingNode(testConfig('iptables', { periods: { syncMs: 5000, minSyncMs: 0 } }));
    const ports = [web(1)];
    await node.sync(ports);
    await node.sync(ports);
    expect(node.commands).toEqual([]);
    node.now += 5000;
    expect(await node.sync(ports)).toBeUndefined();
    expect(node.text).toBe(`$ ${CANARY}\n`);
    node.now += 5000;
    node.failing.add(CANARY);
    expect(await node.sync(ports)).toMatchObject({ isFull: true });
  });

  it('counts its rules, and those that it writes', async () => {
    const node = new RecordingNode(testConfig('iptables'));
    const others = big(3);
    const full = (await node.sync([web(1), others]))!;
    const written = (table: string): number =>
      node.text.split(`*${table}\n`)[1]!.split('COMMIT')[0]!.match(/^-A /gm)!.length;
    expect(full.iptables).toEqual({
      filter: { total: written('filter'), last: written('filter') },
      nat: { total: written('nat'), last: written('nat') },
    });
    const more = (await node.sync([web(2), others]))!;
    expect(more.iptables!.nat).toEqual({ total: full.iptables!.nat!.total + 3, last: written('nat') });
    expect(more.iptables!.filter).toEqual(full.iptables!.filter);
    // The balanced endpoints' chains, what leads to them, and all that is shared.
    expect(written('nat')).toBe(3 + 2 * 2 + 2 + 1 + 4);
  });

  it('leaves comments out where there are more than 1000 endpoints in all', async () => {
    const node = new RecordingNode(testConfig('iptables'));
    await node.sync([web(2), big(998)]);
    expect(node.text).toContain('default/web:http -> 10.244.1.2:8080');
    await node.sync([web(3), big(998)]);
    expect(node.text).not.toContain(' -> ');
    expect(node.text).toMatch(
      /^-A KUBE-SVC-\w+ -m statistic --mode random --probability 0\.3333333333 -j KUBE-SEP-\w+$/m,
    );
    expect(node.text).toMatch(/^-A KUBE-SEP-\w+ -s 10\.244\.1\.2 -j KUBE-MARK-MASQ$/m);
    expect(node.text).toMatch(/^-A KUBE-SVC-\w+ -m comment --comment "default\/web:http cluster IP" /m);
    await node.sync([web(2), big(998)]);
    expect(node.text).toContain('default/web:http -> 10.244.1.2:8080');
  });

  it("never empties the kubelet's chain", async () => {
    const config = testConfig('iptables', { localhostNodePorts: false });
    const node = new RecordingNode(config);
    await node.sync([]);
    expect(node.text).toContain(':KUBE-FIREWALL - [0:0]');
    const again = new RecordingNode(config);
    again.answers.set('iptables-save', '*filter\n:KUBE-FIREWALL - [0:0]\nCOMMIT\n');
    await again.sync([]);
    expect(again.text).not.toContain(':KUBE-FIREWALL');
  });

  it.each(features(IPV4))(
    'gives the same rules whether they come at once or one by one: $name',
    async ({ ports }) => {
      const config = testConfig('iptables');
      const atOnce = new RecordingNode(config);
      await atOnce.sync([...ports, big(3)]);
      const step = new RecordingNode(config);
      await step.sync([big(3)]);
      await step.sync([...ports, big(3)]);
      for (const line of step.text.split('\n').filter((text) => text.startsWith('-A ')))
        expect(atOnce.text).toContain(`${line}\n`);
    },
  );
});
