import type { ControllerContext } from '../../client/controller-context.ts';
import { objectKey } from '../../client/informer.ts';
import type { NodeShell } from '../../client/node-shell.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { ConfigMap, EndpointSlice, Node, Service } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { CONFIG_MAP, configOf } from './configuration/config-map.ts';
import { defaultProxyConfig } from './configuration/parse-proxy-config.ts';
import type { ProxyConfig, ProxyModeName } from './configuration/proxy-config.ts';
import { isEligible } from './health-state.ts';
import { IP_FAMILIES, type IpFamily, inFamily } from './ip-family.ts';
import { NodeProxy } from './node-proxy.ts';
import { isReachable, nodeFacts, processorsOf } from './proxied-node-facts.ts';
import { ProxiedPorts, serviceOf } from './proxied-ports.ts';
import { ProxyMetrics } from './proxy-metrics.ts';
import { type ProxyMode, proxyMode } from './proxy-mode.ts';

export interface KubeProxyOptions {
  /** Both unless the cluster's configuration says otherwise. */
  readonly mode: ProxyModeName;
  /** The pod network; one of each family with a comma between. */
  readonly clusterCidr: string;
  /** Reaches a node's kernel. */
  readonly shellOf: (node: Node) => NodeShell;
}

/** Others are some other proxy's, or need none. */
const PROXIED = '!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless';
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
const NODES_AT_ONCE = 16;

interface KnownNode {
  readonly proxy: NodeProxy;
  /** What the proxy was made for: one of another cannot be used. */
  readonly identity: string;
  readonly bootId: string;
}

/** Keeps the rules of every node equal to what the Services and their endpoints call for. */
export async function startKubeProxy(context: ControllerContext, options: KubeProxyOptions): Promise<void> {
  const { clock, informers, logger, signal } = context;
  const services = informers.for(resources.services, { labelSelector: PROXIED });
  const slices = informers.for(resources.endpointslices, { labelSelector: PROXIED });
  const nodes = informers.for(resources.nodes);
  const serviceCidrs = informers.for(resources.servicecidrs);
  const configMaps = informers.for(resources.configmaps, {
    namespace: CONFIG_MAP.namespace,
    fieldSelector: `metadata.name=${CONFIG_MAP.name}`,
  });
  slices.store.addIndex('service', (slice) => [serviceOf(slice)]);
  const defaults = { mode: options.mode, clusterCidrs: options.clusterCidr.split(',') };
  const metrics = new ProxyMetrics(context.metrics);
  metrics.show(options.mode);
  const portsOf = new Map(
    IP_FAMILIES.map((family) => [family, new ProxiedPorts(family, services.store, slices.store)]),
  );
  const known = new Map<string, KnownNode>();
  let config = defaultProxyConfig(defaults);
  let modes = new Map<IpFamily, ProxyMode>();
  /** Changes from before are not measured. */
  let startedAt = Number.POSITIVE_INFINITY;
  let ready = false;

  const modeOf = (family: IpFamily): ProxyMode => {
    const mode =
      modes.get(family) ??
      proxyMode(config, family, {
        serviceCidrs: () =>
          inFamily(
            family,
            [...serviceCidrs.store.values()].flatMap(({ spec }) => spec?.cidrs ?? []),
          ),
        now: () => clock.now(),
      });
    modes.set(family, mode);
    return mode;
  };

  const queue = runQueue(
    context,
    'kube_proxy',
    async (name) => {
      const node = nodes.store.get(name);
      if (!node || !ready || !isReachable(node)) return;
      const { proxy } = knownNode(name, node);
      const wait = proxy.limiter.take(clock.now());
      if (wait > 0) return { requeueAfterMs: wait };
      metrics.taken();
      await proxy.sync((family) => portsOf.get(family)!.all(), isEligible(node));
      return { requeueAfterMs: proxy.dueInMs };
    },
    NODES_AT_ONCE,
  );

  /** A node that has booted again has lost its rules. */
  const knownNode = (name: string, node: Node): KnownNode => {
    const bootId = node.status?.nodeInfo?.bootID ?? '';
    const families = nodeFacts(node);
    const hasPodNetwork = config.detectLocal.mode === 'NodeCIDR';
    const identity = JSON.stringify([
      bootId,
      ...[...families.values()].map(({ podCidr, ...facts }) =>
        hasPodNetwork ? { podCidr, ...facts } : facts,
      ),
    ]);
    const before = known.get(name);
    if (before?.identity === identity && before.proxy.config === config) return before;
    const proxy = new NodeProxy({
      nodeName: name,
      processors: processorsOf(node),
      shell: options.shellOf(node),
      families,
      config,
      configBefore: before?.bootId === bootId ? before.proxy.prepared : undefined,
      modeOf,
      metrics,
      clock,
      logger,
    });
    const now = { proxy, identity, bootId };
    known.set(name, now);
    return now;
  };

  const changed = (service: string): void => {
    for (const ports of portsOf.values()) ports.changed(service);
    syncAll();
  };
  const syncAll = (): void => {
    metrics.queued(clock.now());
    for (const node of nodes.store.values()) queue.add(objectKey(node));
  };
  const serviceChanged = (service: Service): void => {
    metrics.serviceSeen();
    changed(objectKey(service));
  };
  const sliceChanged = (slice: EndpointSlice, triggerTime = Number.NaN): void => {
    metrics.sliceSeen(true);
    if (triggerTime > startedAt) metrics.triggered(slice.addressType, triggerTime);
    changed(serviceOf(slice));
  };
  const triggerTime = ({ metadata }: EndpointSlice): number =>
    Date.parse(metadata.annotations?.[TRIGGER_TIME] ?? '');
  services.addHandler({
    onAdd: serviceChanged,
    onUpdate: (_previous, service) => serviceChanged(service),
    onDelete: serviceChanged,
  });
  slices.addHandler({
    onAdd: (slice) => sliceChanged(slice, triggerTime(slice)),
    onUpdate: (previous: EndpointSlice, slice: EndpointSlice) => {
      if (serviceOf(previous) !== serviceOf(slice)) sliceChanged(previous);
      if (content(previous) !== content(slice)) sliceChanged(slice, triggerTime(slice));
      else metrics.sliceSeen(false);
    },
    onDelete: (slice) => sliceChanged(slice),
  });
  nodes.addHandler({
    onAdd: (node) => queue.add(objectKey(node)),
    onUpdate: (previous, node) => {
      if (contact(previous) !== contact(node)) queue.add(objectKey(node));
    },
    onDelete: (node) => known.delete(objectKey(node)),
  });
  const configure = (configMap: ConfigMap): void => {
    const wanted = configOf(configMap, defaults);
    if (wanted instanceof Error) return logger.error({}, wanted.message);
    if (wanted === undefined || isSame(wanted, config)) return;
    if (wanted.mode !== config.mode)
      logger.info({ from: config.mode, to: wanted.mode }, 'another proxy mode');
    else logger.info({}, 'another configuration');
    config = wanted;
    modes = new Map();
    metrics.show(config.mode);
    syncAll();
  };
  configMaps.addHandler({ onAdd: configure, onUpdate: (_previous, configMap) => configure(configMap) });
  serviceCidrs.addHandler({ onAdd: syncAll, onUpdate: syncAll, onDelete: syncAll });
  await informers.start(signal);
  ready = true;
  startedAt = clock.now();
  syncAll();
}

const isSame = (a: ProxyConfig, b: ProxyConfig): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The part of a slice that rules are made of. */
function content(slice: EndpointSlice): string {
  return JSON.stringify([serviceOf(slice), slice.endpoints, slice.ports]);
}

/** The part of a node that decides how, and whether, its kernel is reached. */
function contact(node: Node): string {
  const { status } = node;
  const { bootID } = status?.nodeInfo ?? {};
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return JSON.stringify([
    bootID,
    ready,
    isEligible(node),
    status?.addresses,
    status?.daemonEndpoints,
    ...nodeFacts(node).values(),
  ]);
}
