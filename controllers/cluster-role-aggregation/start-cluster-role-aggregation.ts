import { isNotFound } from '../../client/api-error.ts';
import type { StartController } from '../../client/controller-context.ts';
import { runQueue } from '../../client/run-queue.ts';
import { deepEqual } from '../../openapi/deep-equal.ts';
import { resources } from '../../openapi/resources.ts';
import { aggregateRules } from './aggregate-rules.ts';

/** Keeps the rules of aggregated ClusterRoles what those they select add up to. */
export const startClusterRoleAggregation: StartController = async (context) => {
  const { client, informers, signal } = context;
  const roles = informers.for(resources.clusterroles);
  const queue = runQueue(context, 'cluster_role_aggregation', async (name) => {
    const role = roles.store.get(name);
    if (!role?.aggregationRule) return;
    const rules = aggregateRules(role, [...roles.store.values()]);
    if (deepEqual(rules, role.rules ?? [])) return;
    await client.patch(resources.clusterroles, name, 'merge', { rules }).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
  });
  const enqueueAll = (): void => {
    for (const { metadata, aggregationRule } of roles.store.values()) {
      if (aggregationRule) queue.add(metadata.name ?? '');
    }
  };
  roles.addHandler({ onAdd: enqueueAll, onUpdate: enqueueAll, onDelete: enqueueAll });
  await informers.start(signal);
};
