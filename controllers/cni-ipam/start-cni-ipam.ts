import { isConflict, isNotFound } from '../../client/api-error.ts';
import type { ControllerContext } from '../../client/controller-context.ts';
import { EventRecorder } from '../../client/event-recorder.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { Node, Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { isPodTerminal } from '../runtime/pod-state.ts';
import { type PodCidrOptions, planPodCidrs } from './plan-pod-cidrs.ts';

/** One key: shares are given out by one decision over all nodes. */
const ALL_NODES = 'nodes';

/** Gives each node its share of the pod network of each family, and reports addresses that two pods claim at once. */
export async function startCniIpam(
  context: ControllerContext,
  networks: readonly PodCidrOptions[],
): Promise<void> {
  const { client, informers, logger, signal } = context;
  const nodes = informers.for(resources.nodes);
  const pods = informers.for(resources.pods);
  const events = new EventRecorder(context, 'cni-ipam');
  pods.store.addIndex('address', podAddresses);
  /** Shares given out that the informer does not show yet. */
  const assigned = new Map<string, readonly string[]>();

  const queue = runQueue(context, 'cni_ipam', async () => {
    const known = [...nodes.store.values()].map((node) => withAssigned(node, assigned));
    const plans = networks.map((network) => planPodCidrs(known, network));
    for (const fault of plans.flatMap(({ faults }) => faults))
      logger.error(fault, 'a node has a wrong pod CIDR');
    for (const name of new Set(plans.flatMap(({ exhausted }) => exhausted))) reportExhausted(name);
    for (const name of plans[0]!.assign.keys()) {
      const podCIDRs = plans.flatMap((plan) => plan.assign.get(name) ?? []);
      if (podCIDRs.length < networks.length) continue;
      assigned.set(name, podCIDRs);
      await assign(name, podCIDRs);
    }
  });

  const assign = async (name: string, podCIDRs: readonly string[]): Promise<void> => {
    try {
      await client.patch(resources.nodes, name, 'merge', { spec: { podCIDR: podCIDRs[0], podCIDRs } });
      logger.info({ node: name, podCIDRs }, 'assigned pod CIDRs');
    } catch (error) {
      assigned.delete(name);
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  };

  const reportExhausted = (name: string): void => {
    const node = nodes.store.get(name);
    if (!node) return;
    events.warning(
      { ...node, kind: 'Node' },
      'CIDRNotAvailable',
      `Node ${name} status is now: CIDRNotAvailable`,
    );
    logger.error(
      { node: name, clusterCidrs: networks.map(({ clusterCidr }) => clusterCidr) },
      'no pod CIDR is left: enlarge the pod network',
    );
  };

  nodes.addHandler({
    onAdd: (node) => {
      if (!node.spec?.podCIDR) queue.add(ALL_NODES);
    },
    onUpdate: (_, node) => {
      if (node.spec?.podCIDR) assigned.delete(node.metadata.name ?? '');
      else queue.add(ALL_NODES);
    },
    onDelete: (node) => {
      assigned.delete(node.metadata.name ?? '');
      queue.add(ALL_NODES);
    },
  });
  const checkDuplicates = (pod: Pod): void => {
    for (const address of podAddresses(pod)) {
      const holders = pods.store.byIndex('address', address);
      if (holders.length < 2) continue;
      const names = holders.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
      logger.error({ address, pods: names }, 'an address is used by two pods');
    }
  };
  pods.addHandler({ onAdd: checkDuplicates, onUpdate: (_, pod) => checkDuplicates(pod) });
  await informers.start(signal);
}

function withAssigned(node: Node, assigned: ReadonlyMap<string, readonly string[]>): Node {
  const podCIDRs = assigned.get(node.metadata.name ?? '');
  if (node.spec?.podCIDR || podCIDRs === undefined) return node;
  return { ...node, spec: { ...node.spec, podCIDR: podCIDRs[0], podCIDRs: [...podCIDRs] } };
}

/** The addresses a pod holds now; pods on the host's network share the node's. */
function podAddresses(pod: Pod): readonly string[] {
  if (pod.spec?.hostNetwork || isPodTerminal(pod)) return [];
  return (pod.status?.podIPs ?? []).map(({ ip }) => ip ?? '').filter((ip) => ip !== '');
}
