import type { ControllerContext } from '../../client/controller-context.ts';
import {
  type CertificateSignerOptions,
  startCertificateSigner,
} from '../certificate-signer/start-certificate-signer.ts';
import { startClusterRoleAggregation } from '../cluster-role-aggregation/start-cluster-role-aggregation.ts';
import { startDaemonSet } from '../daemonset/start-daemonset.ts';
import { startDeployment } from '../deployment/start-deployment.ts';
import { startDisruption } from '../disruption/start-disruption.ts';
import { startGarbageCollector } from '../garbage-collector/start-garbage-collector.ts';
import { startNamespace } from '../namespace/start-namespace.ts';
import { type NodeLifecycleOptions, startNodeLifecycle } from '../node-lifecycle/start-node-lifecycle.ts';
import { startPodGc } from '../pod-gc/start-pod-gc.ts';
import { startReplicaSet } from '../replicaset/start-replicaset.ts';
import { startScheduler } from '../scheduler/start-scheduler.ts';
import { type ServiceAccountOptions, startServiceAccount } from '../service-account/start-service-account.ts';

export type ControllerManagerOptions = NodeLifecycleOptions &
  ServiceAccountOptions &
  CertificateSignerOptions;

/** The controllers that are about workloads and housekeeping, in one process with shared informers. */
export async function startControllerManager(
  context: ControllerContext,
  options: ControllerManagerOptions,
): Promise<void> {
  await Promise.all([
    startScheduler(context),
    startDeployment(context),
    startReplicaSet(context),
    startDaemonSet(context),
    startNodeLifecycle(context, options),
    startNamespace(context),
    startGarbageCollector(context),
    startServiceAccount(context, options),
    startPodGc(context),
    startDisruption(context),
    startClusterRoleAggregation(context),
    startCertificateSigner(context, options),
  ]);
}
