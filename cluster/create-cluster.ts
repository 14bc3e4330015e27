import { setMaxListeners } from 'node:events';
import { loadAll } from 'js-yaml';
import { Registry } from 'prom-client';
import { podResolver } from '../agents/kubelet/pod-resolver.ts';
import { StaticPods } from '../agents/kubelet/static/static-pods.ts';
import { formatIp } from '../agents/netstack/ip-address.ts';
import { ipv4 } from '../agents/netstack/ipv4.ts';
import { fetchHttp } from '../agents/sockets/http-client.ts';
import { resolveName } from '../agents/sockets/resolver.ts';
import { type Agent, startAgent } from '../agents/start-agent.ts';
import type { ApiServer } from '../apiserver/create-api-server.ts';
import { isAlreadyExists } from '../client/api-error.ts';
import { type ControllerContext, createControllerContext } from '../client/controller-context.ts';
import { RestClient } from '../client/rest-client.ts';
import { startCniIpam } from '../controllers/cni-ipam/start-cni-ipam.ts';
import { startControllerManager } from '../controllers/controller-manager/start-controller-manager.ts';
import type { DnsServer } from '../controllers/coredns/dns-server.ts';
import { startCoredns } from '../controllers/coredns/start-coredns.ts';
import { startEndpoints } from '../controllers/endpoints/start-endpoints.ts';
import { startKubeProxy } from '../controllers/kube-proxy/start-kube-proxy.ts';
import { startServiceIpAllocator } from '../controllers/service-ip-allocator/start-service-ip-allocator.ts';
import {
  allResources,
  groupVersion,
  type KubernetesObject,
  type ResourceDefinition,
  resources,
} from '../openapi/resources.ts';
import { parseDuration } from '../platform/duration.ts';
import { type HttpAnswer, httpOverStream } from '../platform/http-over-stream.ts';
import { silentLogger } from '../platform/logger.ts';
import { MemoryHostNetwork } from '../platform/memory-host-network.ts';
import { type Rng, seededRng } from '../platform/rng.ts';
import { StreamDuplex } from '../platform/stream-duplex.ts';
import { VirtualClock } from '../platform/virtual-clock.ts';
import { installClusterDns, installProxyConfig } from './addons.ts';
import {
  type ClusterConfig,
  DEFAULT_CONFIG,
  hostGateways,
  type NodePlace,
  networkFault,
  nodePlaces,
} from './cluster-config.ts';
import { EventTrace, type TraceEntry } from './event-trace.ts';
import { startInProcessApiServer, type WebhookSlot } from './in-process-apiserver.ts';
import { inProcessTransport } from './in-process-transport.ts';

export interface ClusterOptions extends Partial<ClusterConfig> {
  /** The same seed gives the same run, event by event. */
  readonly seed?: number;
}

/** From where something in the cluster is asked. */
export type Origin = { readonly pod: string; readonly namespace?: string } | { readonly node: string };

export interface FetchOptions {
  /** Left out: from the host, to a node's host address. */
  readonly from?: Origin;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs?: number;
}

const WEBHOOK_URL = 'https://service-ip-allocator.invalid/';
/** Virtual time that a call may take before it is given up. */
const CALL_MS = 60_000;

/**
 * A whole cluster in this process, on a virtual clock: the same components as `podwire up`, joined in memory.
 * Time moves only inside the methods here, so a test of minutes takes as long as its work does.
 *
 *     const cluster = await createCluster({ nodes: 3, seed: 1 });
 *     await cluster.apply(readFileSync('examples/web.yaml', 'utf8'));
 *     await cluster.until(async () => (await cluster.get(resources.deployments, 'web')).status?.readyReplicas === 3);
 *     const answer = await cluster.fetch('http://web/', { from: { pod: 'client' } });
 *     await cluster.stop();
 */
export async function createCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return Cluster.start(options);
}

export class Cluster {
  readonly clock: VirtualClock;
  /** An administrator's client. Its calls settle without time passing. */
  readonly client: RestClient;
  readonly network = new MemoryHostNetwork();
  readonly nodes: readonly NodePlace[];
  readonly #config: ClusterConfig;
  readonly #rng: Rng;
  readonly #stopping = new AbortController();
  readonly #apiserver: ApiServer;
  readonly #agents = new Map<string, { agent: Agent; abort: AbortController }>();
  readonly #manifests = new Map<string, StaticPods>();
  readonly #trace: EventTrace;
  readonly #webhook: WebhookSlot;
  #dns: DnsServer | undefined;

  private constructor(parts: ClusterParts) {
    this.#config = parts.config;
    this.#rng = parts.rng;
    this.#apiserver = parts.apiserver;
    this.#webhook = parts.webhook;
    this.clock = parts.clock;
    this.nodes = nodePlaces(this.#config);
    setMaxListeners(0, this.#stopping.signal);
    this.client = new RestClient(inProcessTransport(this.#apiserver, ADMIN), 'podwire-cluster');
    this.#trace = new EventTrace(this.clock, this.client, this.#stopping.signal);
  }

  /** Starts every component; resolves when all nodes are ready. */
  static async start({ seed = 1, ...overrides }: ClusterOptions): Promise<Cluster> {
    const config = { ...DEFAULT_CONFIG, ...overrides };
    const fault = networkFault(config);
    if (fault !== undefined) throw new Error(fault);
    const clock = new VirtualClock();
    const rng = seededRng(seed);
    const webhook: WebhookSlot = { review: undefined };
    const apiserver = await clock.drive(startInProcessApiServer(config, clock, rng, webhook), CALL_MS);
    const cluster = new Cluster({ config, clock, rng, webhook, apiserver });
    cluster.#trace.start();
    await cluster.#run(cluster.#startComponents());
    await cluster.#nodesReady();
    return cluster;
  }

  #nodesReady(): Promise<void> {
    return this.until(async () => {
      const { items } = await this.client.list(resources.nodes);
      const ready = items.filter(({ status }) =>
        status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
      );
      return ready.length === this.nodes.length;
    });
  }

  /** Everything that changed in the API so far, in order. */
  get trace(): readonly TraceEntry[] {
    return this.#trace.entries;
  }

  /** Creates the objects of a manifest (YAML or JSON text, or objects), or replaces those that exist. */
  async apply(manifest: string | readonly KubernetesObject[]): Promise<void> {
    const objects = typeof manifest === 'string' ? (loadAll(manifest) as KubernetesObject[]) : manifest;
    for (const object of objects.filter((each) => each !== null && each !== undefined)) {
      await this.#run(this.#applyOne(object));
    }
  }

  get<R extends ResourceDefinition>(resource: R, name: string, namespace = 'default') {
    return this.#run(this.client.get(resource, name, { namespace }));
  }

  /** Lets time pass until a condition holds; rejects after `milliseconds` of virtual time. */
  async until(condition: () => boolean | Promise<boolean>, milliseconds = CALL_MS): Promise<void> {
    const deadline = this.clock.now() + milliseconds;
    let poll = FIRST_POLL_MS;
    while (!(await this.#run(Promise.resolve(condition())))) {
      const left = deadline - this.clock.now();
      if (left <= 0) throw new Error(`the condition did not come true in ${milliseconds} ms of virtual time`);
      await this.clock.run(Math.min(poll, left));
      poll = Math.min(poll * 1.2, LONGEST_POLL_MS);
    }
  }

  /** Lets virtual time pass. */
  run(milliseconds: number): Promise<void> {
    return this.clock.run(milliseconds);
  }

  /** An HTTP request, with real packets, from the host (to a node's host address) or from inside the cluster. */
  fetch(url: string, options: FetchOptions = {}): Promise<HttpAnswer> {
    return this.#run(this.#fetch(new URL(url), options));
  }

  /** The addresses of a name, as a pod's resolver finds them. */
  resolve(name: string, from: Origin): Promise<readonly string[]> {
    return this.#run(this.#resolve(name, from));
  }

  /** Runs a command in a node's shell, such as `['iptables-save', '-t', 'nat']`; answers its output. */
  async exec(node: string, argv: readonly string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await this.#run(this.#agent(node).shell.run(argv));
    if (exitCode !== 0) throw new Error(`${argv.join(' ')} exited ${exitCode}: ${stderr}`);
    return stdout;
  }

  /** Cuts a node's power: its pods are gone and nobody is told. */
  async killNode(name: string): Promise<void> {
    const entry = this.#agents.get(name);
    if (!entry) throw new Error(`node ${name} does not run`);
    this.#agents.delete(name);
    entry.abort.abort();
    await this.#run(entry.agent.stop());
  }

  /** Boots a node that was killed. */
  startNode(name: string): Promise<void> {
    const place = this.nodes.find((node) => node.name === name);
    if (!place) throw new Error(`there is no node ${name}`);
    return this.#run(this.#startAgent(place));
  }

  /** Gives a node the manifests of its static pods, by file name; they are there after a reboot too. */
  async writeManifests(node: string, manifests: Readonly<Record<string, string>>): Promise<void> {
    this.#staticPods(node).set(new Map(Object.entries(manifests)));
    await this.#run(Promise.resolve());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { agent, abort } of this.#agents.values()) {
      abort.abort();
      await this.#run(agent.stop());
    }
    await this.#dns?.close();
    await this.#run(this.#apiserver.close());
    await this.clock.settle();
  }

  #run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.drive(promise, CALL_MS);
  }

  #context(name: string, user: User, signal = this.#stopping.signal): ControllerContext {
    return createControllerContext({
      name,
      transport: inProcessTransport(this.#apiserver, user),
      clock: this.clock,
      rng: this.#rng,
      logger: silentLogger,
      metrics: new Registry(),
      signal,
    });
  }

  async #startComponents(): Promise<void> {
    const config = this.#config;
    const [first, last] = config.nodePortRange.split('-').map(Number);
    const as = (commonName: string): User => ({ name: commonName, groups: [] });
    await startServiceIpAllocator(this.#context('service-ip-allocator', as('podwire:service-ip-allocator')), {
      serviceCidrs: config.serviceCidr.split(','),
      nodePorts: { first: first ?? 30000, last: last ?? 32767 },
      serve: async (review) => {
        this.#webhook.review = review;
        return { url: WEBHOOK_URL };
      },
    });
    await startCniIpam(
      this.#context('cni-ipam', as('podwire:cni-ipam')),
      config.clusterCidr
        .split(',')
        .map((clusterCidr) => ({ clusterCidr, nodeMask: clusterCidr.includes(':') ? 64 : 24 })),
    );
    for (const place of this.nodes) await this.#startAgent(place);
    this.#dns = await startCoredns(this.#context('coredns', as('system:coredns')), {
      network: this.network,
      listen: { address: '127.0.0.1', port: config.dnsPort },
      zone: config.clusterDomain,
      ttl: 30,
      clusterDnsIp: config.clusterDns,
      upstreams: [],
    });
    await startControllerManager(this.#context('controller-manager', as('podwire:controller-manager')), {
      rootCa: '',
      nodeMonitorGracePeriodMs: parseDuration(config.nodeMonitorGracePeriod),
    });
    await startEndpoints(this.#context('endpoints', as('podwire:endpoints')));
    await startKubeProxy(this.#context('kube-proxy', as('system:kube-proxy')), {
      mode: config.proxyMode,
      clusterCidr: config.clusterCidr,
      shellOf: ({ metadata }) => ({
        run: async (argv, stdin) => this.#agent(metadata.name ?? '').shell.run(argv, stdin),
      }),
    });
    await installClusterDns(this.client, config, this.#dns.local);
    await installProxyConfig(this.client, config);
  }

  async #startAgent({ name, addresses, hostAddress }: NodePlace): Promise<void> {
    const config = this.#config;
    const abort = new AbortController();
    setMaxListeners(0, abort.signal);
    this.#stopping.signal.addEventListener('abort', () => abort.abort(), { once: true });
    const user = { name: `system:node:${name}`, groups: ['system:nodes'] };
    const agent = await startAgent(this.#context('agent', user, abort.signal), {
      nodeName: name,
      nodeAddresses: addresses,
      hostGateways: hostGateways(config),
      hostAddress,
      clusterCidrs: config.clusterCidr.split(','),
      serviceCidrs: config.serviceCidr.split(','),
      clusterDns: config.clusterDns,
      clusterDomain: config.clusterDomain,
      network: this.network,
      leaseRenewMs: parseDuration(config.nodeLeaseRenewInterval),
      leaseDurationSeconds: 40,
      staticPods: this.#staticPods(name),
      serve: async () => 10250,
    });
    this.#agents.set(name, { agent, abort });
  }

  #staticPods(nodeName: string): StaticPods {
    const onFault = (file: string, message: string): void => {
      throw new Error(`${file}: ${message}`);
    };
    const known = this.#manifests.get(nodeName);
    const pods = known ?? new StaticPods({ nodeName, now: () => this.clock.now(), onFault });
    this.#manifests.set(nodeName, pods);
    return pods;
  }

  #agent(name: string): Agent {
    const entry = this.#agents.get(name);
    if (!entry) throw new Error(`node ${name} does not run`);
    return entry.agent;
  }

  async #applyOne(object: KubernetesObject): Promise<void> {
    const resource = resourceFor(object);
    const namespace = resource.namespaced ? (object.metadata.namespace ?? 'default') : undefined;
    const placed = { ...object, metadata: { ...object.metadata, namespace } };
    try {
      await this.client.create(resource, placed, { namespace });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      await this.client.patch(resource, object.metadata.name ?? '', 'merge', placed, { namespace });
    }
  }

  async #fetch(url: URL, options: FetchOptions): Promise<HttpAnswer> {
    const { from, method, body, timeoutMs = 10_000 } = options;
    const headers = { host: url.host, ...options.headers };
    const call = {
      path: url.pathname + url.search,
      port: Number(url.port) || 80,
      headers,
      timeoutMs,
      ...(method === undefined ? {} : { method }),
      ...(body === undefined ? {} : { body }),
    };
    if (!from) {
      const stream = await this.network.connectTcp({ address: url.hostname, port: call.port });
      return httpOverStream(new StreamDuplex(stream, stream.local, stream.remote), this.clock, call);
    }
    const { netns, resolver } = this.#origin(from);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const [address] = await resolveName(netns, this.clock, this.#rng, resolver, host);
    if (address === undefined) throw new Error(`there is no address for ${url.hostname}`);
    return fetchHttp(netns, this.clock, { ...call, address });
  }

  async #resolve(name: string, from: Origin): Promise<readonly string[]> {
    const { netns, resolver } = this.#origin(from);
    return (await resolveName(netns, this.clock, this.#rng, resolver, name)).map(formatIp);
  }

  #origin(origin: Origin) {
    if ('node' in origin) {
      const config = { nameservers: [ipv4(this.#config.clusterDns)], search: [], ndots: 1 };
      return { netns: this.#agent(origin.node).netns, resolver: config };
    }
    const key = `${origin.namespace ?? 'default'}/${origin.pod}`;
    for (const { agent } of this.#agents.values()) {
      const netns = agent.kubelet.worker(key)?.netns;
      if (netns) {
        const pod = { metadata: { namespace: origin.namespace ?? 'default' } };
        return { netns, resolver: podResolver(pod, this.#config) };
      }
    }
    throw new Error(`no pod ${key} runs`);
  }
}

interface ClusterParts {
  readonly config: ClusterConfig;
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly webhook: WebhookSlot;
  readonly apiserver: ApiServer;
}

interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

const ADMIN: User = { name: 'kubernetes-admin', groups: ['system:masters'] };
/** How far time is moved between two looks at a condition: at first little, later more. */
const FIRST_POLL_MS = 20;
const LONGEST_POLL_MS = 1_000;

function resourceFor({ apiVersion = 'v1', kind }: KubernetesObject): ResourceDefinition {
  const found = allResources.find(
    (resource) => groupVersion(resource) === apiVersion && resource.kind === kind,
  );
  if (!found) throw new Error(`there is no ${kind} in ${apiVersion}`);
  return found;
}
