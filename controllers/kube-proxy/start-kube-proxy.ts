import { Gauge, Histogram } from 'prom-client';
import type { ControllerContext } from '../../client/controller-context.ts';
import { objectKey } from '../../client/informer.ts';
import type { NodeShell } from '../../client/node-shell.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { ConfigMap, EndpointSlice, Node, Service } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { Proxier, ProxierOptions } from './proxier.ts';
import { CONFIG_MAP, configuredMode, type ProxyModeName, proxyMode } from './proxy-mode.ts';
import { endpointsByPort, type ProxiedPort, portKey, servicePorts } from './service-port.ts';
import { staleUdpFlows } from './stale-udp-flows.ts';

export interface KubeProxyOptions {
  /** The mode unless the cluster's configuration names another. */
  readonly mode: ProxyModeName;
  readonly clusterCidr: string;
  /** Reaches a node's kernel. */
  readonly shellOf: (node: Node) => NodeShell;
}

const SERVICE_NAME = 'kubernetes.io/service-name';
/** Every node's rules are looked at this often even if nothing changed (kube-proxy's --iptables-sync-period). */
const SYNC_PERIOD_MS = 30_000;
const NODES_AT_ONCE = 16;

interface ProxiedNode {
  readonly proxier: Proxier;
  readonly bootId: string;
  readonly options: ProxierOptions;
  /** What other modes wrote is gone. */
  isClean: boolean;
  /** What the node's rules were last made from. */
  applied: readonly ProxiedPort[];
}

/** Keeps the rules of every node equal to what the Services and their endpoints call for. */
export async function startKubeProxy(context: ControllerContext, options: KubeProxyOptions): Promise<void> {
  const { clock, informers, logger, metrics, signal } = context;
  const services = informers.for(resources.services);
  const slices = informers.for(resources.endpointslices);
  const nodes = informers.for(resources.nodes);
  const proxied = new Map<string, ProxiedNode>();
  const serviceCidrs = informers.for(resources.servicecidrs);
  const configMaps = informers.for(resources.configmaps, {
    namespace: CONFIG_MAP.namespace,
    fieldSelector: `metadata.name=${CONFIG_MAP.name}`,
  });
  let modeName = options.mode;
  const newMode = () =>
    proxyMode(modeName, {
      clusterCidr: options.clusterCidr,
      serviceCidrs: () =>
        [...serviceCidrs.store.values()].flatMap(({ spec }) => spec?.cidrs ?? []).filter(isIpv4),
      now: () => clock.now(),
    });
  let mode = newMode();
  const syncSeconds = new Histogram({
    name: 'kubeproxy_sync_proxy_rules_duration_seconds',
    help: 'Time to bring one node up to date',
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5],
    registers: [metrics],
  });
  const lastSync = new Gauge({
    name: 'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    help: 'When rules were last written',
    registers: [metrics],
  });
  slices.store.addIndex('service', (slice) => [serviceOf(slice)]);
  /** The ports of each Service as of its latest version; an unchanged Service keeps its objects. */
  const portsOf = new Map<string, readonly ProxiedPort[]>();
  /** Computed once for all nodes, dropped when a Service or a slice changes. */
  let ports: readonly ProxiedPort[] | undefined;
  let ready = false;

  const queue = runQueue(
    context,
    'kube_proxy',
    async (name) => {
      const node = nodes.store.get(name);
      if (!node || !ready) return;
      if (!isReachable(node)) return;
      const target = proxiedNode(name, node);
      ports ??= allPorts();
      const wanted = ports;
      const started = clock.now();
      await target.proxier.sync(wanted);
      for (const argv of staleUdpFlows(target.applied, wanted)) await target.options.shell.run(argv);
      if (!target.isClean) await mode.removeOthers(target.options);
      target.isClean = true;
      target.applied = wanted;
      syncSeconds.observe((clock.now() - started) / 1000);
      lastSync.set(clock.now() / 1000);
      return { requeueAfterMs: SYNC_PERIOD_MS };
    },
    NODES_AT_ONCE,
  );

  /** A node that has booted again has lost its rules. */
  const proxiedNode = (name: string, node: Node): ProxiedNode => {
    const bootId = node.status?.nodeInfo?.bootID ?? '';
    const known = proxied.get(name);
    if (known?.bootId === bootId && known.options.zone === zoneOf(node)) return known;
    const proxierOptions = {
      nodeName: name,
      nodeIp: internalIp(node),
      zone: zoneOf(node),
      shell: options.shellOf(node),
    };
    const proxier = mode.newProxier(proxierOptions);
    const target = { proxier, bootId, options: proxierOptions, applied: [], isClean: false };
    proxied.set(name, target);
    return target;
  };

  const allPorts = (): readonly ProxiedPort[] => {
    const all = [...services.store.values()].flatMap((service) => {
      const key = objectKey(service);
      const known = portsOf.get(key) ?? proxiedPorts(service);
      portsOf.set(key, known);
      return known;
    });
    return all.sort((a, b) => (a.service.name < b.service.name ? -1 : 1));
  };

  const proxiedPorts = (service: Service): ProxiedPort[] => {
    const endpoints = endpointsByPort(slices.store.byIndex('service', objectKey(service)));
    return servicePorts(service).map((info) => {
      const portName = info.name.slice(objectKey(service).length + 1);
      return { service: info, endpoints: endpoints.get(portKey(portName, info.protocol)) ?? [] };
    });
  };

  const changed = (service: string): void => {
    portsOf.delete(service);
    ports = undefined;
    syncAll();
  };
  const syncAll = (): void => {
    for (const node of nodes.store.values()) queue.add(objectKey(node));
  };
  const serviceChanged = (service: Service): void => changed(objectKey(service));
  const sliceChanged = (slice: EndpointSlice): void => changed(serviceOf(slice));
  services.addHandler({
    onAdd: serviceChanged,
    onUpdate: (_previous, service) => serviceChanged(service),
    onDelete: serviceChanged,
  });
  slices.addHandler({
    onAdd: sliceChanged,
    onUpdate: (previous: EndpointSlice, slice: EndpointSlice) => {
      if (serviceOf(previous) !== serviceOf(slice)) sliceChanged(previous);
      if (content(previous) !== content(slice)) sliceChanged(slice);
    },
    onDelete: sliceChanged,
  });
  nodes.addHandler({
    onAdd: (node) => queue.add(objectKey(node)),
    onUpdate: (previous, node) => {
      if (contact(previous) !== contact(node)) queue.add(objectKey(node));
    },
    onDelete: (node) => proxied.delete(objectKey(node)),
  });
  const configure = (configMap: ConfigMap): void => {
    const wanted = configuredMode(configMap);
    if (wanted instanceof Error) return logger.error({}, wanted.message);
    if (wanted === undefined || wanted === modeName) return;
    logger.info({ from: modeName, to: wanted }, 'another proxy mode');
    modeName = wanted;
    mode = newMode();
    proxied.clear();
    syncAll();
  };
  configMaps.addHandler({ onAdd: configure, onUpdate: (_previous, configMap) => configure(configMap) });
  serviceCidrs.addHandler({ onAdd: syncAll, onUpdate: syncAll, onDelete: syncAll });
  await informers.start(signal);
  ready = true;
  syncAll();
}

const zoneOf = ({ metadata }: Node): string => metadata.labels?.['topology.kubernetes.io/zone'] ?? '';

function internalIp({ status }: Node): string {
  return status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '';
}

const isIpv4 = (cidr: string): boolean => !cidr.includes(':');

/** The key of the Service that a slice belongs to. */
function serviceOf({ metadata }: EndpointSlice): string {
  return `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`;
}

/** The part of a slice that rules are made of. */
function content(slice: EndpointSlice): string {
  return JSON.stringify([serviceOf(slice), slice.endpoints, slice.ports]);
}

/** A node that is known to be dead is left alone until it says that it is back. */
function isReachable({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'Unknown';
}

/** The part of a node that decides how, and whether, its kernel is reached. */
function contact(node: Node): string {
  const { status } = node;
  const { bootID } = status?.nodeInfo ?? {};
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return JSON.stringify([bootID, ready, status?.addresses, status?.daemonEndpoints, zoneOf(node)]);
}
