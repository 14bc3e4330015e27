import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, createCluster } from '../../cluster/create-cluster.ts';
import { resources } from '../../openapi/resources.ts';

let cluster: Cluster;
afterEach(() => cluster.stop());

const WEB = (policy: string) => `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  nodeName: node-1
  containers: [{ name: server, image: podwire/echo, ports: [{ containerPort: 8080 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: LoadBalancer
  externalTrafficPolicy: ${policy}
  ${policy === 'Local' ? 'healthCheckNodePort: 30999' : ''}
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }]
`;

const MARK = (mark: string): string => `-A KUBE-MARK-MASQ -j MARK --set-xmark ${mark}/${mark}`;

async function start(policy: string): Promise<void> {
  cluster = await createCluster({ nodes: 2, seed: 5 });
  await cluster.apply(WEB(policy));
  const rules = () => cluster.exec('node-1', ['iptables-save', '-t', 'nat']);
  await cluster.until(async () => /KUBE-SEP-\S+ .*--to-destination/.test(await rules()), 600_000);
}

async function configure(text: string): Promise<void> {
  const patch = { data: { 'config.conf': text } };
  await cluster.client.patch(resources.configmaps, 'kube-proxy', 'merge', patch, {
    namespace: 'kube-system',
  });
}

describe("kube-proxy's configuration", () => {
  it('is followed by a running cluster, and a wrong one is not', async () => {
    await start('Cluster');
    const shown = (...command: string[]) => cluster.exec('node-1', command);
    const localhost = () => cluster.fetch('http://127.0.0.1:30080/', { from: { node: 'node-1' } });
    expect((await localhost()).status).toBe(200);
    expect(await shown('sysctl', 'net.netfilter.nf_conntrack_tcp_timeout_close_wait')).toContain('= 3600');

    await configure('mode: iptables\niptables: { localhostNodePorts: false, masqueradeBit: 20 }\n');
    await cluster.until(async () => (await shown('iptables-save')).includes(MARK('0x100000')));
    const rules = await shown('iptables-save', '-t', 'nat');
    expect(rules).toContain('-A KUBE-SERVICES ! -d 127.0.0.0/8');
    expect(await shown('sysctl', 'net.ipv4.conf.all.route_localnet')).toContain('= 0');
    await expect(localhost()).rejects.toThrow();

    await configure('mode: iptables\niptables: { masqueradeBit: 77 }\n');
    await configure('conntrack: { udpTimeout: 7s }\nnodePortAddresses: [10.244.0.0/16]\n');
    await cluster.until(async () =>
      (await shown('sysctl', 'net.netfilter.nf_conntrack_udp_timeout')).includes('= 7'),
    );
    await cluster.until(async () => (await shown('iptables-save')).includes(MARK('0x4000')));
    expect(await shown('iptables-save', '-t', 'nat')).toMatch(
      /-A KUBE-SERVICES -d 10\.244\.\d\.\d\/32 .*nodeports/,
    );
    await expect(cluster.fetch('http://127.0.18.2:30080/')).rejects.toThrow();

    await configure('mode: ipvs\nipvs: { scheduler: sh, tcpTimeout: 77s, strictARP: true }\n');
    await cluster.until(async () => (await shown('ipvsadm', '-S', '-n')).includes(':30080 -s sh'));
    expect(await shown('ipvsadm', '-L', '--timeout')).toContain(': 77 ');
    expect(await shown('sysctl', 'net.ipv4.conf.all.arp_announce')).toContain('= 2');
    expect((await cluster.fetch('http://127.0.18.2:30080/')).status).toBe(200);
  });

  it('comes back within a period when somebody has flushed the rules', async () => {
    await start('Cluster');
    for (const table of ['mangle', 'nat', 'filter'])
      for (const how of ['-F', '-X']) await cluster.exec('node-1', ['iptables', '-t', table, how]);
    expect(await cluster.exec('node-1', ['iptables-save'])).not.toContain('KUBE-');
    await cluster.until(
      async () => (await cluster.exec('node-1', ['iptables-save'])).includes('KUBE-SEP-'),
      60_000,
    );
    expect((await cluster.fetch('http://127.0.18.2:30080/')).status).toBe(200);
  });
});

it('leaves Services to other proxies that are theirs, and those that have no address', async () => {
  await start('Cluster');
  const rules = () => cluster.exec('node-1', ['iptables-save', '-t', 'nat']);
  for (const label of ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless']) {
    const setLabel = (value: string | null) =>
      cluster.client.patch(
        resources.services,
        'web',
        'merge',
        { metadata: { labels: { [label]: value } } },
        { namespace: 'default' },
      );
    await setLabel('other');
    await cluster.until(async () => !(await rules()).includes('default/web'));
    await setLabel(null);
    await cluster.until(async () => (await rules()).includes('default/web'));
  }
});

describe('health that kube-proxy answers for', () => {
  it('tells balancers which nodes have endpoints', async () => {
    await start('Local');
    const ask = (host: string) => cluster.fetch(`http://${host}:30999/`);
    await cluster.until(async () => (await ask('127.0.18.2')).status === 200);
    const here = await ask('127.0.18.2');
    expect(here.headers).toMatchObject({
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      'x-load-balancing-endpoint-weight': '1',
    });
    expect(JSON.parse(here.body)).toEqual({
      service: { namespace: 'default', name: 'web' },
      localEndpoints: 1,
      serviceProxyHealthy: true,
    });
    const there = await ask('127.0.18.3');
    expect(there.status).toBe(503);
    expect(JSON.parse(there.body)).toMatchObject({ localEndpoints: 0, serviceProxyHealthy: true });
    expect((await cluster.fetch('http://172.18.0.3:30999/', { from: { node: 'node-1' } })).status).toBe(503);

    await cluster.client.delete(resources.services, 'web', { namespace: 'default' });
    const gone = () =>
      cluster.fetch('http://172.18.0.2:30999/', { from: { node: 'node-2' } }).catch(() => 'gone');
    await cluster.until(async () => (await gone()) === 'gone');
  });

  it('is its own too, and no balancer shall choose a node that is about to go', async () => {
    await start('Cluster');
    const ask = (path: string) =>
      cluster.fetch(`http://172.18.0.2:10256${path}`, { from: { node: 'node-2' } });
    const healthy = await ask('/healthz');
    expect(healthy.status).toBe(200);
    expect(JSON.parse(healthy.body)).toEqual({
      lastUpdated: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      currentTime: expect.any(String),
      nodeEligible: true,
      healthy: true,
      status: {
        IPv4: { lastUpdated: expect.any(String), healthy: true },
        IPv6: { lastUpdated: expect.any(String), healthy: true },
      },
    });
    const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', value: '1', effect: 'NoSchedule' }];
    await cluster.client.patch(resources.nodes, 'node-1', 'merge', { spec: { taints } });
    await cluster.until(async () => (await ask('/healthz')).status === 503);
    expect(JSON.parse((await ask('/healthz')).body)).toMatchObject({ nodeEligible: false });
    expect((await ask('/livez')).status).toBe(200);
    expect((await ask('/else')).status).toBe(404);
  });
});
