import { timestamp } from '../../client/timestamp.ts';
import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  ReplicaSet,
} from '../../openapi/generated/types.ts';
import { rolloutBounds } from './rollout-plan.ts';

/** The status that a Deployment's ReplicaSets amount to. */
export function deploymentStatus(
  deployment: Deployment,
  newest: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
  now: number,
): DeploymentStatus {
  const total = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    all.reduce((sum, replicaSet) => sum + (replicaSet.status?.[field] ?? 0), 0);
  const replicas = total('replicas');
  const availableReplicas = total('availableReplicas');
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation,
    replicas,
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: total('readyReplicas'),
    availableReplicas,
    unavailableReplicas: Math.max(0, Math.max(replicas, deployment.spec?.replicas ?? 1) - availableReplicas),
    collisionCount: deployment.status?.collisionCount,
  };
  const conditions = [
    availableCondition(deployment, status),
    progressingCondition(deployment, status, newest, now),
  ];
  return { ...status, conditions: conditions.map((wanted) => withTimes(deployment, wanted, now)) };
}

/** Whether every wanted pod is new, available, and no old one is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = deployment.spec?.replicas ?? 1;
  return (
    status.updatedReplicas === wanted && status.replicas === wanted && status.availableReplicas === wanted
  );
}

function availableCondition(deployment: Deployment, status: DeploymentStatus): DeploymentCondition {
  const least = (deployment.spec?.replicas ?? 1) - rolloutBounds(deployment).maxUnavailable;
  return (status.availableReplicas ?? 0) >= least
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

function progressingCondition(
  deployment: Deployment,
  status: DeploymentStatus,
  newest: ReplicaSet | undefined,
  now: number,
): DeploymentCondition {
  const name = newest?.metadata.name;
  if (isComplete(deployment, status)) {
    return progressing('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`);
  }
  const previous = deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
  const moved = madeProgress(deployment.status ?? {}, status) || previous === undefined;
  const deadline = (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000;
  if (!moved && Date.parse(previous.lastUpdateTime ?? '') + deadline < now) {
    return progressing(
      'False',
      'ProgressDeadlineExceeded',
      `ReplicaSet "${name}" has timed out progressing.`,
    );
  }
  if (!moved && previous.reason !== 'NewReplicaSetAvailable') return previous;
  return progressing('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`);
}

function madeProgress(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const oldPods = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldPods(after) < oldPods(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function progressing(status: string, reason: string, message: string): DeploymentCondition {
  return { type: 'Progressing', status, reason, message };
}

/** A condition that says the same as before keeps its times; one whose status is the same, its transition. */
function withTimes(deployment: Deployment, wanted: DeploymentCondition, now: number): DeploymentCondition {
  const previous = deployment.status?.conditions?.find(({ type }) => type === wanted.type);
  const same = previous?.status === wanted.status && previous?.reason === wanted.reason;
  if (previous && same && previous.message === wanted.message) return previous;
  const lastTransitionTime =
    previous?.status === wanted.status ? previous?.lastTransitionTime : timestamp(now);
  return { ...wanted, lastUpdateTime: timestamp(now), lastTransitionTime };
}
