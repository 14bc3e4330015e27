import { isNotFound } from '../client/api-error.ts';
import type { ControllerContext } from '../client/controller-context.ts';
import type { NodeShell } from '../client/node-shell.ts';
import { runQueue } from '../client/run-queue.ts';
import type { Node, Pod } from '../openapi/generated/types.ts';
import { resources } from '../openapi/resources.ts';
import type { HostNetwork } from '../platform/host-network.ts';
import { uuid } from '../platform/rng.ts';
import { Flannel } from './cni/flannel.ts';
import { flannelAnnotations, flannelLease } from './cni/flannel-annotations.ts';
import { NodeCni } from './cni/node-cni.ts';
import { Kubelet } from './kubelet/kubelet.ts';
import { NodeRegistration } from './kubelet/node-registration.ts';
import { podResolver } from './kubelet/pod-resolver.ts';
import type { StaticPods } from './kubelet/static/static-pods.ts';
import { cidr, cidr6 } from './netstack/cidr.ts';
import { type IpVersion, isIpv6, parseIp } from './netstack/ip-address.ts';
import { ipv4 } from './netstack/ipv4.ts';
import { EthernetDevice } from './netstack/link/ethernet-device.ts';
import { Netns } from './netstack/netns.ts';
import { AgentApi } from './server/agent-api.ts';
import { runNodeCommand } from './shell/run-node-command.ts';
import { ProxyHealth } from './sockets/proxy-health.ts';
import { resolveName } from './sockets/resolver.ts';
import { HostGateway } from './wire/host-gateway.ts';
import { HostPorts } from './wire/host-ports.ts';
import { Lan } from './wire/lan.ts';
import { lanMac } from './wire/lan-mac.ts';
import { LanPeers, wireAnnotation } from './wire/lan-peers.ts';
import { wantedHostPorts } from './wire/wanted-host-ports.ts';

export interface AgentOptions {
  readonly nodeName: string;
  /** On the nodes' segment, with prefix length: 172.18.0.2/16. Here and below one of each family, IPv4 first. */
  readonly nodeAddresses: readonly string[];
  /** The machine's addresses on the segment, with prefix length: 172.18.0.1/16. */
  readonly hostGateways: readonly string[];
  /** Where the machine reaches this node: 127.0.18.2. */
  readonly hostAddress: string;
  readonly clusterCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  readonly clusterDns: string;
  readonly clusterDomain: string;
  readonly network: HostNetwork;
  readonly leaseRenewMs: number;
  readonly leaseDurationSeconds: number;
  /** What runs here whatever the API server says. */
  readonly staticPods?: StaticPods | undefined;
  /** Opens the node's API to the other components and answers its port. */
  readonly serve: (api: AgentApi) => Promise<number>;
}

export interface Agent {
  readonly nodeName: string;
  /** As the Node's status shows it. */
  readonly bootId: string;
  readonly netns: Netns;
  readonly shell: NodeShell;
  readonly kubelet: Kubelet;
  readonly api: AgentApi;
  /** Ends at once, like a machine that loses power: nobody is told. */
  stop(): Promise<void>;
}

/** How long after a port of the host's was refused it is asked for again. */
const RETRY_PORTS_MS = 10_000;

/** One simulated node: its kernel, its kubelet, its CNI and its place on the segment. Stops with the signal. */
export async function startAgent(context: ControllerContext, options: AgentOptions): Promise<Agent> {
  const { clock, informers, logger, metrics, rng, signal } = context;
  const { network, nodeName, hostAddress } = options;
  const nodeIps = options.nodeAddresses.map(hostOf);
  const nodeIp = nodeIps[0] ?? '';
  const lan = new Lan(await network.bindUdp({ address: hostAddress, port: 0 }));
  const { netns, eth0 } = createNodeNetns(context, options, lan);
  const gateway = new HostGateway({
    clock,
    rng,
    network,
    lan,
    addresses: options.hostGateways,
    nodeIp,
    nodeHostAddress: hostAddress,
    internal: [...options.clusterCidrs, ...options.serviceCidrs],
  });
  const hostPorts = new HostPorts({ clock, network, gateway, logger, hostAddress, nodeIp });
  const flannels = options.clusterCidrs.map((clusterCidr, index) => {
    const version = clusterCidr.includes(':') ? 6 : 4;
    return new Flannel({ host: netns, version, underlay: eth0, nodeIp: nodeIps[index] ?? '', clusterCidr });
  });
  const cni = new NodeCni(netns, flannels);
  const resolver = { nameservers: [ipv4(options.clusterDns)], search: [], ndots: 1 };
  const resolve = async (name: string, version?: IpVersion) =>
    (await resolveName(netns, clock, rng, resolver, name, version))[0];
  const proxyHealth = new ProxyHealth({
    tcp: netns.tcp,
    clock,
    onFault: (error) => logger.error({ error: String(error) }, 'answering for kube-proxy failed'),
  });
  const shell: NodeShell = {
    run: (argv, stdin = '') => runNodeCommand(argv, stdin, { ns: netns, resolve, proxyHealth }),
  };

  const services = informers.for(resources.services);
  services.store.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
  const kubelet = new Kubelet({
    context,
    networkReady: () => cni.ready,
    staticPods: options.staticPods,
    host: {
      nodeName,
      nodeIps,
      netns,
      cni,
      clock,
      rng,
      resolverFor: (pod: Pod) => podResolver(pod, options),
      configuration: {
        configMap: (namespace, name) => found(context.client.get(resources.configmaps, name, { namespace })),
        secret: (namespace, name) => found(context.client.get(resources.secrets, name, { namespace })),
        services: (namespace) => services.store.byIndex('namespace', namespace),
      },
    },
  });
  const api = new AgentApi({ netns, shell, kubelet, clock, metrics: () => metrics.metrics() });
  const bootId = uuid(rng);
  const registration = new NodeRegistration({
    context,
    networkReady: () => cni.ready,
    leaseRenewMs: options.leaseRenewMs,
    leaseDurationSeconds: options.leaseDurationSeconds,
    identity: {
      name: nodeName,
      ips: nodeIps,
      hostAddress,
      kubeletPort: await options.serve(api),
      bootId,
      annotations: {
        ...Object.assign(
          {},
          ...flannels.map(({ version, vtepMac }, index) =>
            flannelAnnotations(version, vtepMac, nodeIps[index] ?? ''),
          ),
        ),
        ...wireAnnotation(lan.local),
      },
    },
  });

  const peers = new LanPeers(lan);
  const observeNode = (node: Node): void => {
    if (node.metadata.name !== nodeName) return observePeer(node, peers, flannels);
    const podCidrs = node.spec?.podCIDRs ?? [];
    if (podCidrs.length < flannels.length || cni.ready) return;
    try {
      cni.start(podCidrs);
    } catch (error) {
      return logger.error({ podCidrs }, (error as Error).message);
    }
    registration.update();
    kubelet.resync();
  };
  const forgetNode = (node: Node): void => {
    for (const flannel of flannels) flannel.removeLease(node.metadata.name ?? '');
    peers.forget(node);
  };
  informers
    .for(resources.nodes)
    .addHandler({ onAdd: observeNode, onUpdate: (_, node) => observeNode(node), onDelete: forgetNode });
  const pods = informers.for(resources.pods, { fieldSelector: `spec.nodeName=${nodeName}` });
  const portQueue = runQueue(context, 'host_ports', async () => {
    const refused = await hostPorts.set(
      wantedHostPorts([...services.store.values()], [...pods.store.values()]),
    );
    return refused.length > 0 ? { requeueAfterMs: RETRY_PORTS_MS } : undefined;
  });
  const openPorts = (): void => portQueue.add(nodeName);
  for (const source of [services, pods])
    source.addHandler({ onAdd: openPorts, onUpdate: openPorts, onDelete: openPorts });

  const stop = async (): Promise<void> => {
    kubelet.abandon();
    await hostPorts.close();
    await gateway.close();
    netns.delete();
    await lan.close();
  };
  registration.start();
  await informers.start(signal);
  return { nodeName, bootId, netns, shell, kubelet, api, stop };
}

/** The node's kernel as a machine's boot scripts and the kubelet leave it. */
function createNodeNetns(
  { clock, rng }: ControllerContext,
  { nodeName, nodeAddresses, hostGateways }: AgentOptions,
  lan: Lan,
): { netns: Netns; eth0: EthernetDevice } {
  const netns = new Netns({ name: nodeName, clock, rng });
  netns.sysctl.set('net.ipv4.ip_forward', 1);
  netns.sysctl.set('net.ipv6.conf.all.forwarding', 1);
  netns.sysctl.set('net.bridge.bridge-nf-call-iptables', 1);
  netns.lo.setUp();
  const eth0 = new EthernetDevice(netns, 'eth0', {
    mac: lanMac(hostOf(nodeAddresses[0] ?? '')),
    transmit: (frame) => lan.send(frame, eth0),
  });
  eth0.setUp();
  for (const address of nodeAddresses)
    netns.addAddress(eth0, address.includes(':') ? cidr6(address) : cidr(address));
  for (const gateway of hostGateways.map((each) => parseIp(hostOf(each))!)) {
    const destination = isIpv6(gateway) ? cidr6('::/0') : cidr('0.0.0.0/0');
    netns.addRoute({ destination, gateway, link: eth0 });
  }
  lan.attach(eth0);
  return { netns, eth0 };
}

/** Another node: where its end of the segment is, and which pods are behind it. */
function observePeer(node: Node, peers: LanPeers, flannels: readonly Flannel[]): void {
  peers.observe(node);
  const name = node.metadata.name ?? '';
  for (const flannel of flannels) {
    const lease = flannelLease(node, flannel.version);
    if (lease) flannel.setLease(name, lease);
    else flannel.removeLease(name);
  }
}

/** An address without its prefix length. */
const hostOf = (address: string): string => address.split('/')[0] ?? '';

async function found<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
