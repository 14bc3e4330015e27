import { isAlreadyExists, isConflict, isNotFound } from '../../client/api-error.ts';
import type { ControllerContext } from '../../client/controller-context.ts';
import { canonical } from '../../client/object-hash.ts';
import { runQueue } from '../../client/run-queue.ts';
import { microTimestamp, timestamp } from '../../client/timestamp.ts';
import type { Lease, Node, NodeCondition, NodeStatus } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';

export interface NodeIdentity {
  readonly name: string;
  /** One of each family, the first is the node's own. */
  readonly ips: readonly string[];
  /** Where the machine reaches the node. */
  readonly hostAddress: string;
  readonly kubeletPort: number;
  /** New at every start, as the kernel's is at every boot. */
  readonly bootId: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface NodeRegistrationOptions {
  readonly context: ControllerContext;
  readonly identity: NodeIdentity;
  readonly networkReady: () => boolean;
  /** How often the Lease is renewed; Kubernetes' default is 10 s. */
  readonly leaseRenewMs: number;
  readonly leaseDurationSeconds: number;
}

const LEASE_NAMESPACE = 'kube-node-lease';
const VERSION = 'v1.33.0';

/** Makes the node known to the API server and keeps saying that it is alive. */
export class NodeRegistration {
  readonly #options: NodeRegistrationOptions;
  readonly #nodes;
  readonly #queue;
  readonly #heartbeat;

  constructor(options: NodeRegistrationOptions) {
    this.#options = options;
    const { context, identity } = options;
    this.#nodes = context.informers.for(resources.nodes);
    this.#queue = runQueue(context, 'node_status', () => this.#sync());
    this.#heartbeat = runQueue(context, 'node_lease', () => this.#renew());
    const observe = ({ metadata }: Node): void => {
      if (metadata.name === identity.name) this.#queue.add(identity.name);
    };
    this.#nodes.addHandler({ onAdd: observe, onUpdate: (_, node) => observe(node), onDelete: observe });
  }

  start(): void {
    this.update();
    this.#heartbeat.add(this.#options.identity.name);
  }

  /** Something that the node's status shows has changed. */
  update(): void {
    this.#queue.add(this.#options.identity.name);
  }

  async #sync(): Promise<void> {
    const { context, identity } = this.#options;
    const node = this.#nodes.store.get(identity.name) ?? (await this.#register());
    if (!node) return;
    const missing = Object.entries(identity.annotations).filter(
      ([key, value]) => node.metadata.annotations?.[key] !== value,
    );
    if (missing.length > 0) {
      const metadata = { annotations: Object.fromEntries(missing) };
      await context.client.patch(resources.nodes, identity.name, 'merge', { metadata });
    }
    const status = this.#status(node);
    if (canonical({ ...node.status, ...status }) === canonical(node.status ?? {})) return;
    // By their merge key, the type, two internal addresses would be one (k8s pkg/util/node, fixupPatchForNodeStatusAddresses).
    const addresses = [{ $patch: 'replace' }, ...(status.addresses ?? [])];
    const patch = { status: { ...status, addresses } };
    await context.client
      .patch(resources.nodes, identity.name, 'strategic', patch, { subresource: 'status' })
      .catch((error) => {
        if (!isNotFound(error)) throw error;
      });
  }

  async #register(): Promise<Node | undefined> {
    const { context, identity } = this.#options;
    const { name, annotations } = identity;
    const labels = {
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'beta.kubernetes.io/os': 'linux',
      'beta.kubernetes.io/arch': 'amd64',
    };
    const node: Node = { metadata: { name, labels, annotations: { ...annotations } }, spec: {} };
    node.status = this.#status(node);
    try {
      return await context.client.create(resources.nodes, node);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return context.client.get(resources.nodes, name);
    }
  }

  /** A node that is silent for longer than its lease is taken for dead. */
  async #renew(): Promise<{ requeueAfterMs: number }> {
    const { context, identity, leaseRenewMs, leaseDurationSeconds } = this.#options;
    const { client, clock } = context;
    const spec = {
      holderIdentity: identity.name,
      leaseDurationSeconds,
      renewTime: microTimestamp(clock.now()),
    };
    const metadata = { name: identity.name, namespace: LEASE_NAMESPACE };
    try {
      await client.patch(resources.leases, identity.name, 'merge', { spec }, { namespace: LEASE_NAMESPACE });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const lease: Lease = { metadata, spec };
      await client.create(resources.leases, lease, { namespace: LEASE_NAMESPACE }).catch((failure) => {
        if (!isAlreadyExists(failure) && !isConflict(failure)) throw failure;
      });
    }
    return { requeueAfterMs: leaseRenewMs };
  }

  #status(node: Node): NodeStatus {
    const { identity } = this.#options;
    const capacity = { cpu: '8', memory: '16Gi', pods: '110', 'ephemeral-storage': '100Gi' };
    return {
      addresses: [
        ...identity.ips.map((address) => ({ type: 'InternalIP', address })),
        { type: 'ExternalIP', address: identity.hostAddress },
        { type: 'Hostname', address: identity.name },
      ],
      capacity,
      allocatable: capacity,
      conditions: this.#conditions(node),
      daemonEndpoints: { kubeletEndpoint: { Port: identity.kubeletPort } },
      nodeInfo: {
        architecture: 'amd64',
        bootID: identity.bootId,
        containerRuntimeVersion: 'podwire://0.1.0',
        kernelVersion: '6.1.0-podwire',
        kubeProxyVersion: VERSION,
        kubeletVersion: VERSION,
        machineID: identity.name,
        operatingSystem: 'linux',
        osImage: 'podwire (simulated Linux)',
        systemUUID: identity.name,
      },
    };
  }

  #conditions(node: Node): NodeCondition[] {
    const ready = this.#options.networkReady();
    const wanted: NodeCondition[] = [
      pressure('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      pressure('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      pressure('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      ready
        ? {
            type: 'Ready',
            status: 'True',
            reason: 'KubeletReady',
            message: 'kubelet is posting ready status',
          }
        : {
            type: 'Ready',
            status: 'False',
            reason: 'KubeletNotReady',
            message: 'container runtime network not ready: the node has no pod CIDR yet',
          },
    ];
    return wanted.map((next) => this.#withTimes(node, next));
  }

  #withTimes(node: Node, next: NodeCondition): NodeCondition {
    const now = timestamp(this.#options.context.clock.now());
    const previous = node.status?.conditions?.find(({ type }) => type === next.type);
    const same = previous?.status === next.status && previous?.reason === next.reason;
    if (previous && same && previous.message === next.message) return previous;
    const since = previous?.status === next.status ? previous?.lastTransitionTime : undefined;
    return { ...next, lastHeartbeatTime: now, lastTransitionTime: since ?? now };
  }
}

function pressure(type: string, reason: string, message: string): NodeCondition {
  return { type, status: 'False', reason, message };
}
