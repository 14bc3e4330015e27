import { isConflict, isNotFound } from '../../client/api-error.ts';
import type { StartController } from '../../client/controller-context.ts';
import { objectKey } from '../../client/informer.ts';
import { canonical } from '../../client/object-hash.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { Condition, Pod, PodDisruptionBudget } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { selectorMatches } from '../runtime/label-selector.ts';
import { controllerOf } from '../runtime/owner.ts';
import { type BudgetPlan, planBudget } from './plan-budget.ts';

/** Keeps the status of PodDisruptionBudgets, by which the API server allows evictions. */
export const startDisruption: StartController = async (context) => {
  const { client, clock, informers, signal } = context;
  const budgets = informers.for(resources.poddisruptionbudgets);
  const pods = informers.for(resources.pods);
  const replicaSets = informers.for(resources.replicasets);
  const deployments = informers.for(resources.deployments);
  const statefulSets = informers.for(resources.statefulsets);
  budgets.store.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
  pods.store.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);

  /** The replicas that a pod's controller wants, and which controller that is. */
  const scaleOf = (pod: Pod): readonly [uid: string, replicas: number] | undefined => {
    const { namespace } = pod.metadata;
    const owner = controllerOf(pod);
    if (owner?.kind === 'StatefulSet') {
      return [owner.uid ?? '', statefulSets.store.get(`${namespace}/${owner.name}`)?.spec?.replicas ?? 0];
    }
    const replicaSet = replicaSets.store.get(`${namespace}/${owner?.name}`);
    if (owner?.kind !== 'ReplicaSet' || !replicaSet) return undefined;
    const above = controllerOf(replicaSet);
    const deployment = above && deployments.store.get(`${namespace}/${above.name}`);
    return deployment
      ? [above.uid ?? '', deployment.spec?.replicas ?? 0]
      : [owner.uid ?? '', replicaSet.spec?.replicas ?? 0];
  };
  const expectedOf = (selected: readonly Pod[]): number => {
    const scales = new Map<string, number>();
    for (const pod of selected) {
      const scale = scaleOf(pod);
      if (scale) scales.set(...scale);
    }
    return [...scales.values()].reduce((total, replicas) => total + replicas, 0);
  };

  const queue = runQueue(context, 'disruption', async (key) => {
    const budget = budgets.store.get(key);
    if (!budget) return;
    const selected = podsOf(budget, pods.store.byIndex('namespace', budget.metadata.namespace ?? ''));
    const plan = planBudget(budget, selected, expectedOf(selected), clock.now());
    const status = statusOf(budget, plan, clock.now());
    if (canonical(status) === canonical(budget.status ?? {})) return;
    await client.update(resources.poddisruptionbudgets, { ...budget, status }, 'status').catch((error) => {
      // Whoever changed it meanwhile brings it back here.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    });
  });
  const concern = ({ metadata }: Pod): void => {
    for (const budget of budgets.store.byIndex('namespace', metadata.namespace ?? '')) {
      if (podsOf(budget, [{ metadata }]).length > 0) queue.add(objectKey(budget));
    }
  };
  pods.addHandler({ onAdd: concern, onUpdate: (_, pod) => concern(pod), onDelete: concern });
  const all = (): void => {
    for (const budget of budgets.store.values()) queue.add(objectKey(budget));
  };
  deployments.addHandler({
    onUpdate: (before, now) => before.spec?.replicas !== now.spec?.replicas && all(),
  });
  statefulSets.addHandler({
    onUpdate: (before, now) => before.spec?.replicas !== now.spec?.replicas && all(),
  });
  budgets.addHandler({
    onAdd: (budget) => queue.add(objectKey(budget)),
    onUpdate: (_, budget) => queue.add(objectKey(budget)),
  });
  await informers.start(signal);
};

function podsOf({ spec }: PodDisruptionBudget, pods: readonly Pod[]): Pod[] {
  const selector = spec?.selector;
  return selector ? pods.filter(({ metadata }) => selectorMatches(selector, metadata.labels)) : [];
}

function statusOf({ metadata, status }: PodDisruptionBudget, plan: BudgetPlan, now: number) {
  const allowed = plan.disruptionsAllowed > 0;
  const before = status?.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  const value = allowed ? 'True' : 'False';
  const condition: Condition = {
    type: 'DisruptionAllowed',
    status: value,
    reason: allowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: metadata.generation,
    lastTransitionTime:
      before?.status === value ? before.lastTransitionTime : `${new Date(now).toISOString().slice(0, 19)}Z`,
  };
  const { disruptedPods, ...counts } = plan;
  return {
    observedGeneration: metadata.generation,
    ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
    ...counts,
    conditions: [condition],
  };
}
