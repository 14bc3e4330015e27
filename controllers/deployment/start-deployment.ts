import { isAlreadyExists, isNotFound } from '../../client/api-error.ts';
import type { StartController } from '../../client/controller-context.ts';
import { EventRecorder } from '../../client/event-recorder.ts';
import { objectKey } from '../../client/informer.ts';
import { canonical, objectHash } from '../../client/object-hash.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { selectorMatches } from '../runtime/label-selector.ts';
import { controllerOf, controllerReference, controllerUid } from '../runtime/owner.ts';
import { deploymentStatus } from './deployment-status.ts';
import { planRollout, rolloutBounds, type Scaling } from './rollout-plan.ts';

const KIND = { apiVersion: 'apps/v1', kind: 'Deployment' };
const HASH_LABEL = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
/** Annotations that stay on the Deployment. */
const OWN_ANNOTATIONS = new Set([
  REVISION,
  DESIRED,
  MAX_REPLICAS,
  'kubectl.kubernetes.io/last-applied-configuration',
]);

/** Rolls each Deployment's template out through ReplicaSets. */
export const startDeployment: StartController = async (context) => {
  const { client, clock, informers, signal } = context;
  const deployments = informers.for(resources.deployments);
  const replicaSets = informers.for(resources.replicasets);
  const events = new EventRecorder(context, 'deployment-controller');
  replicaSets.store.addIndex('controller', controllerUid);
  replicaSets.store.addIndex('orphans', (set) => (controllerOf(set) ? [] : [set.metadata.namespace ?? '']));

  const queue = runQueue(
    context,
    'deployment',
    async (key) => {
      const deployment = deployments.store.get(key);
      if (!deployment || deployment.metadata.deletionTimestamp !== undefined) return;
      if (await adopt(deployment)) return;
      const all = replicaSets.store.byIndex('controller', deployment.metadata.uid ?? '');
      const newest = all.find((replicaSet) => sameTemplate(replicaSet, deployment));
      const old = all.filter((replicaSet) => replicaSet !== newest);
      if (!newest) {
        if (!deployment.spec?.paused) await createReplicaSet(deployment, old);
      } else {
        await keepRevision(deployment, newest, old);
        for (const scaling of planRollout(deployment, newest, old)) await scale(deployment, scaling);
        await removeForgotten(deployment, old);
      }
      await writeStatus(deployment, newest, all);
    },
    5,
  );

  /** Makes matching ReplicaSets without a controller its own; the next round sees them so. */
  const adopt = async (deployment: Deployment): Promise<boolean> => {
    const { selector } = deployment.spec ?? {};
    const orphans = replicaSets.store
      .byIndex('orphans', deployment.metadata.namespace ?? '')
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .filter(({ metadata }) => selector !== undefined && selectorMatches(selector, metadata.labels));
    const ownerReferences = [controllerReference({ ...deployment, ...KIND })];
    for (const { metadata } of orphans) {
      const { name = '', namespace, uid } = metadata;
      await client
        .patch(
          resources.replicasets,
          name,
          'strategic',
          { metadata: { uid, ownerReferences } },
          { namespace },
        )
        .catch((error) => {
          if (!isNotFound(error)) throw error;
        });
    }
    return orphans.length > 0;
  };

  const createReplicaSet = async (deployment: Deployment, old: readonly ReplicaSet[]): Promise<void> => {
    const replicaSet = newReplicaSet(deployment, old);
    const { name, namespace } = replicaSet.metadata;
    try {
      await client.create(resources.replicasets, replicaSet, { namespace });
      const size = replicaSet.spec?.replicas;
      events.normal(
        { ...deployment, ...KIND },
        'ScalingReplicaSet',
        `Scaled up replica set ${name} from 0 to ${size}`,
      );
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  };

  /** The ReplicaSet in use carries the highest revision, and the Deployment repeats it. */
  const keepRevision = async (
    deployment: Deployment,
    newest: ReplicaSet,
    old: readonly ReplicaSet[],
  ): Promise<void> => {
    const { name = '', namespace, annotations } = newest.metadata;
    const highest = Math.max(0, ...old.map(revisionOf));
    const revision = String(revisionOf(newest) > highest ? revisionOf(newest) : highest + 1);
    if (annotations?.[REVISION] !== revision) {
      const metadata = { annotations: { [REVISION]: revision } };
      await client.patch(resources.replicasets, name, 'merge', { metadata }, { namespace });
    }
    if (deployment.metadata.annotations?.[REVISION] !== revision) {
      const metadata = { annotations: { [REVISION]: revision } };
      await client.patch(
        resources.deployments,
        deployment.metadata.name ?? '',
        'merge',
        { metadata },
        { namespace },
      );
    }
  };

  const scale = async (deployment: Deployment, { replicaSet, replicas }: Scaling): Promise<void> => {
    const { name = '', namespace } = replicaSet.metadata;
    const before = replicaSet.spec?.replicas ?? 0;
    const patch = { metadata: { annotations: sizeAnnotations(deployment) }, spec: { replicas } };
    await client.patch(resources.replicasets, name, 'merge', patch, { namespace });
    const direction = replicas > before ? 'up' : 'down';
    events.normal(
      { ...deployment, ...KIND },
      'ScalingReplicaSet',
      `Scaled ${direction} replica set ${name} from ${before} to ${replicas}`,
    );
  };

  const removeForgotten = async (deployment: Deployment, old: readonly ReplicaSet[]): Promise<void> => {
    const limit = deployment.spec?.revisionHistoryLimit ?? 10;
    const empty = old.filter((set) => set.spec?.replicas === 0 && (set.status?.replicas ?? 0) === 0);
    const excess = empty
      .sort((a, b) => revisionOf(a) - revisionOf(b))
      .slice(0, Math.max(0, empty.length - limit));
    for (const { metadata } of excess) {
      await client
        .delete(resources.replicasets, metadata.name ?? '', { namespace: metadata.namespace })
        .catch((error) => {
          if (!isNotFound(error)) throw error;
        });
    }
  };

  const writeStatus = async (
    deployment: Deployment,
    newest: ReplicaSet | undefined,
    all: readonly ReplicaSet[],
  ): Promise<void> => {
    const status = deploymentStatus(deployment, newest, all, clock.now());
    if (canonical(status) === canonical(deployment.status ?? {})) return;
    await client.update(resources.deployments, { ...deployment, status }, 'status');
  };

  deployments.addHandler({
    onAdd: (deployment) => queue.add(objectKey(deployment)),
    onUpdate: (_, deployment) => queue.add(objectKey(deployment)),
  });
  const enqueueOwner = (replicaSet: ReplicaSet): void => {
    const owner = controllerOf(replicaSet);
    if (owner?.kind === KIND.kind) queue.add(`${replicaSet.metadata.namespace}/${owner.name}`);
  };
  replicaSets.addHandler({
    onAdd: enqueueOwner,
    onUpdate: (_, replicaSet) => enqueueOwner(replicaSet),
    onDelete: enqueueOwner,
  });
  await informers.start(signal);
};

function revisionOf(replicaSet: ReplicaSet): number {
  return Number(replicaSet.metadata.annotations?.[REVISION] ?? 0);
}

/** Equal but for the hash label that the controller itself added. */
function sameTemplate(replicaSet: ReplicaSet, deployment: Deployment): boolean {
  return (
    canonical(withoutHash(replicaSet.spec?.template)) === canonical(withoutHash(deployment.spec?.template))
  );
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec {
  const { [HASH_LABEL]: _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const replicas = deployment.spec?.replicas ?? 1;
  return {
    [DESIRED]: String(replicas),
    [MAX_REPLICAS]: String(replicas + rolloutBounds(deployment).maxSurge),
  };
}

/** Its name follows from the template, so that creating it twice fails the second time. */
function newReplicaSet(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet {
  const { metadata, spec } = deployment;
  const hash = objectHash(withoutHash(spec?.template));
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !OWN_ANNOTATIONS.has(key));
  const labels = { ...spec?.template?.metadata?.labels, [HASH_LABEL]: hash };
  const wanted = spec?.replicas ?? 1;
  const existing = old.reduce((sum, replicaSet) => sum + (replicaSet.spec?.replicas ?? 0), 0);
  const recreating = spec?.strategy?.type === 'Recreate' && existing > 0;
  const room = wanted + rolloutBounds(deployment).maxSurge - existing;
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      labels,
      annotations: {
        ...Object.fromEntries(annotations),
        ...sizeAnnotations(deployment),
        [REVISION]: String(Math.max(0, ...old.map(revisionOf)) + 1),
      },
      ownerReferences: [controllerReference({ ...deployment, ...KIND })],
    },
    spec: {
      replicas: recreating ? 0 : Math.max(0, Math.min(wanted, room)),
      minReadySeconds: spec?.minReadySeconds,
      selector: {
        ...spec?.selector,
        matchLabels: { ...spec?.selector?.matchLabels, [HASH_LABEL]: hash },
      },
      template: { ...spec?.template, metadata: { ...spec?.template?.metadata, labels } },
    },
  };
}
