import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointSlice, Node, Pod, Service } from '../../openapi/generated/types.ts';
import { eventually } from './eventually.ts';
import { hasTool, RunningCluster } from './running-cluster.ts';

interface List<T> {
  readonly items: readonly T[];
}

const CLUSTER_FLAGS = [
  '--node-monitor-grace-period=4s',
  '--node-lease-renew-interval=1s',
  '--default-not-ready-toleration-seconds=1',
  '--default-unreachable-toleration-seconds=1',
];

let cluster: RunningCluster;

beforeAll(async () => {
  cluster = await RunningCluster.start('127.0.61.0/24', CLUSTER_FLAGS);
});
afterAll(() => cluster?.stop());

interface Echo {
  readonly pod: string;
  readonly node: string;
  readonly client: string;
}

async function get(url: string): Promise<Echo> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000), headers: { connection: 'close' } });
  expect(response.status).toBe(200);
  return (await response.json()) as Echo;
}

const web = (node = 1): string => `http://${cluster.hostAddress(node)}:30080/`;

async function webPods(): Promise<readonly Pod[]> {
  const { items } = await cluster.kubectlJson<List<Pod>>('get', 'pods', '-l', 'app=web');
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

async function readyEndpoints(): Promise<string[]> {
  const { items } = await cluster.kubectlJson<List<EndpointSlice>>(
    'get',
    'endpointslices',
    '-l',
    'kubernetes.io/service-name=web',
  );
  return items
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready)
    .map(({ addresses }) => addresses![0]!);
}

// The steps build on each other: this is one user's session, told in order.
describe.runIf(hasTool('kubectl'))('the story of the README', () => {
  it('has three ready nodes, each with its share of the pod network', async () => {
    const { items } = await cluster.kubectlJson<List<Node>>('get', 'nodes');
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['node-1', 'node-2', 'node-3']);
    expect(new Set(items.map(({ spec }) => spec!.podCIDR)).size).toBe(3);
    const wide = await cluster.kubectl('get', 'nodes', '-o', 'wide', '--no-headers');
    expect(wide).toMatch(/^node-1 +Ready .*172\.18\.0\.2 .*127\.0\.61\.2/m);
  });

  it('runs three replicas with addresses of their own, spread over the nodes', async () => {
    expect(await cluster.kubectl('apply', '-f', 'examples/web.yaml')).toContain(
      'deployment.apps/web created',
    );
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
    const pods = await webPods();
    expect(new Set(pods.map(({ status }) => status!.podIP)).size).toBe(3);
    expect(new Set(pods.map(({ spec }) => spec!.nodeName)).size).toBe(3);
    const { items } = await cluster.kubectlJson<List<Node>>('get', 'nodes');
    for (const { spec, status } of pods) {
      const cidr = items.find(({ metadata }) => metadata.name === spec!.nodeName)!.spec!.podCIDR!;
      expect(status!.podIP!.split('.').slice(0, 3)).toEqual(cidr.split('.').slice(0, 3));
    }
    await eventually(async () => expect(await readyEndpoints()).toHaveLength(3));
    expect(await cluster.kubectl('get', 'endpoints', 'web', '--no-headers')).toMatch(
      /10\.244\.\d+\.\d+:8080/,
    );
  });

  it('changes nothing when the same manifest is applied again', async () => {
    const output = await cluster.kubectl('apply', '-f', 'examples/web.yaml');
    expect(output.trim().split('\n')).toEqual(['deployment.apps/web unchanged', 'service/web unchanged']);
  });

  it('answers a Service with its address and node port at once', async () => {
    const created = await cluster.kubectlJson<Service | List<Service>>('apply', '-f', 'examples/my-app.yaml');
    const service = (created as List<Service>).items.find(
      (item) => (item as { kind?: string }).kind === 'Service',
    )!;
    expect(service.spec!.clusterIP).toMatch(/^10\.96\./);
    expect(service.spec!.ports![0]!.nodePort).toBeGreaterThanOrEqual(30000);
    await cluster.kubectl('apply', '-f', 'examples/my-ingress.yaml');
    const shown = await cluster.kubectl('get', 'svc,ingress', '--no-headers');
    expect(shown).toMatch(/service\/my-app +LoadBalancer +10\.96\.\S+ +<pending> +80:\d+\/TCP/);
    expect(shown).toMatch(/my-ingress +<none> +myapp\.example\.com +80/);
  });

  it('spreads a hundred requests to any node port over all replicas', async () => {
    for (const node of [1, 2, 3]) {
      const counts = new Map<string, number>();
      for (let index = 0; index < 100; index++) {
        const { pod, client } = await get(web(node));
        counts.set(pod, (counts.get(pod) ?? 0) + 1);
        // The node hides the client: its bridge towards its own pods, its tunnel towards the others.
        expect(client).toMatch(/^10\.244\.\d+\.[01]:\d+$/);
      }
      expect(counts.size).toBe(3);
    }
  });

  it.runIf(hasTool('dig'))('answers DNS over UDP and TCP', async () => {
    const { spec } = await cluster.kubectlJson<Service>('get', 'service', 'web');
    const name = 'web.default.svc.cluster.local';
    for (const transport of ['+notcp', '+tcp']) {
      await eventually(async () => expect(await cluster.dig(transport, name)).toEqual([spec!.clusterIP]));
      expect(await cluster.dig(transport, `_http._tcp.${name}`, 'SRV')).toEqual([`0 100 80 ${name}.`]);
      expect(await cluster.dig(transport, '-x', spec!.clusterIP!)).toEqual([`${name}.`]);
    }
  });

  it('prints what the nodes really do', async () => {
    const rules = await cluster.podwire('node', 'node-1', '--', 'iptables-save', '-t', 'nat');
    expect(rules.stdout).toContain('-A KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http"');
    const routes = await cluster.podwire('node', 'node-1', '--', 'ip', 'route');
    expect(routes.stdout).toMatch(/10\.244\.\d+\.0\/24 via 10\.244\.\d+\.0 dev flannel\.1 onlink/);
    const unknown = await cluster.podwire('node', 'node-1', '--', 'frobnicate');
    expect(unknown).toMatchObject({ exitCode: 127, stderr: 'sh: frobnicate: not found\n' });
  });

  it('refuses a rule file that does not parse and keeps the rules it has', async () => {
    const before = await cluster.podwire('node', 'node-1', '--', 'iptables-save', '-t', 'filter');
    const bad = await cluster.podwire(
      'node',
      'node-1',
      '--',
      'iptables',
      '-A',
      'FORWARD',
      '--dport',
      '80',
      '-j',
      'ACCEPT',
    );
    expect(bad.exitCode).not.toBe(0);
    expect(bad.stderr).toContain('--dport');
    const after = await cluster.podwire('node', 'node-1', '--', 'iptables-save', '-t', 'filter');
    const rulesOf = (text: string) => text.split('\n').filter((line) => line.startsWith('-A'));
    expect(rulesOf(after.stdout)).toEqual(rulesOf(before.stdout));
  });

  it('shows what a pod wrote', async () => {
    expect(await cluster.kubectl('logs', 'deployment/web')).toContain('listening on port 8080');
  });

  it('follows a scale-up and a deleted pod', async () => {
    await cluster.kubectl('scale', 'deployment/web', '--replicas=5');
    await eventually(async () => expect(await readyEndpoints()).toHaveLength(5));
    const [victim] = await webPods();
    await cluster.kubectl('delete', 'pod', victim!.metadata.name!, '--wait=true');
    await eventually(async () => {
      const addresses = await readyEndpoints();
      expect(addresses).toHaveLength(5);
      expect(new Set(addresses).size).toBe(5);
    });
    expect((await get(web())).pod).not.toBe(victim!.metadata.name);
  });

  it('survives each controller being killed', async () => {
    for (const name of [
      'endpoints',
      'kube-proxy',
      'service-ip-allocator',
      'controller-manager',
      'cni-ipam',
      'coredns',
    ]) {
      process.kill(cluster.pidOf(name), 'SIGKILL');
    }
    await cluster.kubectl('scale', 'deployment/web', '--replicas=4');
    await eventually(async () => expect(await readyEndpoints()).toHaveLength(4));
    await get(web(2));
  });

  it('replaces the pods of a node that dies, and answers through the others', async () => {
    process.kill(cluster.pidOf('agent-node-3'), 'SIGKILL');
    await eventually(async () => {
      expect(await cluster.kubectl('get', 'node', 'node-3', '--no-headers')).toContain('NotReady');
    });
    await eventually(async () => {
      const pods = await webPods();
      expect(pods).toHaveLength(4);
      for (const { spec } of pods) expect(spec!.nodeName).not.toBe('node-3');
      expect(await readyEndpoints()).toHaveLength(4);
    });
    await eventually(async () => {
      for (let index = 0; index < 10; index++) await get(web((index % 2) + 1));
    });
    const { stdout } = await cluster.podwire('restart', 'agent-node-3');
    expect(stdout).toContain('restarted');
    await eventually(async () => {
      expect(await cluster.kubectl('get', 'node', 'node-3', '--no-headers')).toMatch(/node-3 +Ready/);
    });
    await eventually(async () => void (await get(web(3))));
  });

  it('cleans up rules, endpoints and addresses', async () => {
    await cluster.kubectl(
      'delete',
      '-f',
      'examples/web.yaml',
      '-f',
      'examples/my-app.yaml',
      '-f',
      'examples/my-ingress.yaml',
    );
    await eventually(async () => {
      expect(await cluster.kubectl('get', 'pods,replicasets', '-o', 'name')).toBe('');
      expect(await cluster.kubectl('get', 'endpointslices,endpoints', '-o', 'name')).not.toContain('web');
      const addresses = await cluster.kubectl('get', 'ipaddresses', '-o', 'name');
      expect(addresses.trim().split('\n')).toHaveLength(2);
      const { stdout } = await cluster.podwire('node', 'node-2', '--', 'iptables-save');
      expect(stdout).not.toContain('default/web');
    });
    await expect(get(web())).rejects.toThrow();
  });

  it('leaves no process, no port and no file behind', async () => {
    const { processes, apiserver, dns } = cluster.state;
    expect(await cluster.end()).toBe(0);
    await eventually(() => {
      for (const { pid, name } of processes) {
        expect(
          existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z'),
          name,
        ).toBe(false);
      }
    });
    await expect(fetch(apiserver)).rejects.toThrow();
    expect(dns).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(existsSync(cluster.stateDir)).toBe(false);
  });
});
