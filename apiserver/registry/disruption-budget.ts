import type { Pod, PodDisruptionBudget } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { errors, StatusError } from '../errors.ts';
import { matchesLabelSelector } from '../selectors/label-selector.ts';
import type { ServerContext } from '../server-context.ts';
import type { WriteOptions } from './create-object.ts';
import { timestamp } from './timestamp.ts';
import { updateObject } from './update-object.ts';

const PROCESSING_SECONDS = 10;
/** More pods than that under eviction, and the controller has not kept up (k8s eviction.go MaxDisruptedPodSize). */
const MOST_DISRUPTED = 2000;

/**
 * Takes one disruption from the budget of a pod that is to be evicted, or refuses with 429. A pod that does
 * not run, or that no budget speaks of, goes freely (k8s pkg/registry/core/pod/storage/eviction.go).
 */
export async function spendBudget(context: ServerContext, pod: Pod, write: WriteOptions): Promise<void> {
  const { namespace = '', name: podName = '', labels = {}, deletionTimestamp } = pod.metadata;
  const phase = pod.status?.phase;
  if (deletionTimestamp !== undefined || phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending')
    return;
  const store = context.registry.of(resources.poddisruptionbudgets);
  const budgets = store.cache
    .list(namespace)
    .map(({ object }) => object as unknown as PodDisruptionBudget)
    .filter(({ spec }) => spec?.selector && matchesLabelSelector(spec.selector, labels));
  const [budget] = budgets;
  if (!budget) return;
  if (budgets.length > 1) {
    throw errors.internal(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  if (!isReady(pod) && mayGoUnhealthy(budget)) return;
  const apply = (current: StoredObject): KubeObject => spent(context, current, podName);
  await updateObject(
    context,
    store,
    { namespace, name: budget.metadata.name ?? '', subresource: 'status', apply, ownersDecided: true },
    write,
  );
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

/** A pod that is not healthy anyway takes nothing away, as long as the healthy ones are enough. */
function mayGoUnhealthy({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

function spent({ clock }: ServerContext, current: StoredObject, pod: string): KubeObject {
  const copy = current.copy();
  const budget = copy as unknown as PodDisruptionBudget;
  const { metadata, status = {} } = budget;
  const { disruptionsAllowed = 0, disruptedPods = {}, desiredHealthy = 0, currentHealthy = 0 } = status;
  const name = metadata.name ?? '';
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    throw refusal(
      `The disruption budget ${name} is still being processed by the server.`,
      PROCESSING_SECONDS,
    );
  }
  if (Object.keys(disruptedPods).length > MOST_DISRUPTED) {
    throw errors.forbidden(
      resources.poddisruptionbudgets,
      name,
      'DisruptedPods map too big - too many evictions not confirmed by PDB controller',
    );
  }
  if (disruptionsAllowed <= 0) {
    throw refusal(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  }
  budget.status = {
    ...status,
    disruptionsAllowed: disruptionsAllowed - 1,
    disruptedPods: { ...disruptedPods, [pod]: timestamp(clock) },
  };
  return copy;
}

function refusal(message: string, retryAfterSeconds?: number): StatusError {
  return new StatusError(
    429,
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      causes: [{ reason: 'DisruptionBudget', message }],
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  );
}
