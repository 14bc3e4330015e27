import type { PolicyRule } from '../../../openapi/generated/types.ts';
import { type DefaultRole, serviceAccount } from './default-role.ts';
import { allow, READ, WRITE_EVENTS } from './policy-rules.ts';

const ALL_SIGNERS = [
  'kubernetes.io/kube-apiserver-client',
  'kubernetes.io/kube-apiserver-client-kubelet',
  'kubernetes.io/kubelet-serving',
  'kubernetes.io/legacy-unknown',
];
const OWN = `${READ},create,delete,patch,update`;

const READ_DEVICES =
  'resourceclaims.resource.k8s.io,resourceslices.resource.k8s.io,deviceclasses.resource.k8s.io';

/** By the name of the controller's service account. All of them but the few named below write events. */
const rules: Readonly<Record<string, readonly PolicyRule[]>> = {
  'attachdetach-controller': [
    ...allow('list,watch', 'persistentvolumeclaims,persistentvolumes,pods'),
    ...allow(READ, 'nodes,csidrivers.storage.k8s.io,csinodes.storage.k8s.io'),
    ...allow('patch,update', 'nodes/status'),
    ...allow(`${READ},create,delete`, 'volumeattachments.storage.k8s.io'),
  ],
  'certificate-controller': [
    ...allow(`${READ},delete`, 'certificatesigningrequests.certificates.k8s.io'),
    ...allow(
      'update',
      'certificatesigningrequests.certificates.k8s.io/approval,certificatesigningrequests.certificates.k8s.io/status',
    ),
    ...allow('approve', 'signers.certificates.k8s.io', ['kubernetes.io/kube-apiserver-client-kubelet']),
    ...allow('sign', 'signers.certificates.k8s.io', ALL_SIGNERS),
    ...allow('create', 'subjectaccessreviews.authorization.k8s.io'),
  ],
  'clusterrole-aggregation-controller': allow(
    `escalate,${READ},patch,update`,
    'clusterroles.rbac.authorization.k8s.io',
  ),
  'cronjob-controller': [
    ...allow(`${READ},update`, 'cronjobs.batch'),
    ...allow(OWN, 'jobs.batch'),
    ...allow('update', 'cronjobs.batch/status,cronjobs.batch/finalizers'),
    ...allow('delete,list,watch', 'pods'),
  ],
  'daemon-set-controller': [
    ...allow(READ, 'daemonsets.apps'),
    ...allow('update', 'daemonsets.apps/status,daemonsets.apps/finalizers'),
    ...allow('list,watch', 'nodes'),
    ...allow('create,delete,list,patch,watch', 'pods'),
    ...allow('create', 'pods/binding'),
    ...allow(OWN, 'controllerrevisions.apps'),
  ],
  'deployment-controller': [
    ...allow(`${READ},update`, 'deployments.apps,pods'),
    ...allow('update', 'deployments.apps/status,deployments.apps/finalizers'),
    ...allow(OWN, 'replicasets.apps'),
  ],
  'device-taint-eviction-controller': [
    ...allow(`${READ},delete`, 'pods'),
    ...allow('patch,update', 'pods/status'),
    ...allow(READ, READ_DEVICES),
  ],
  'disruption-controller': [
    ...allow(READ, 'deployments.apps,replicasets.apps,replicationcontrollers,statefulsets.apps'),
    ...allow(READ, 'poddisruptionbudgets.policy'),
    ...allow('update', 'poddisruptionbudgets.policy/status'),
    ...allow('patch,update', 'pods/status'),
    ...allow('get', '*.*/scale'),
  ],
  'endpoint-controller': [
    ...allow(READ, 'pods,services'),
    ...allow(`${READ},create,delete,update`, 'endpoints'),
    ...allow('create', 'endpoints/restricted'),
  ],
  'endpointslice-controller': [
    ...allow(READ, 'nodes,pods,services'),
    ...allow('update', 'services/finalizers'),
    ...allow(`${READ},create,delete,update`, 'endpointslices.discovery.k8s.io'),
  ],
  'endpointslicemirroring-controller': [
    ...allow(READ, 'endpoints,services'),
    ...allow('update', 'services/finalizers,endpoints/finalizers'),
    ...allow(`${READ},create,delete,update`, 'endpointslices.discovery.k8s.io'),
  ],
  'ephemeral-volume-controller': [
    ...allow(READ, 'pods'),
    ...allow('update', 'pods/finalizers'),
    ...allow(`${READ},create`, 'persistentvolumeclaims'),
  ],
  'expand-controller': [
    ...allow(`${READ},patch,update`, 'persistentvolumes'),
    ...allow('patch,update', 'persistentvolumeclaims/status'),
    ...allow(READ, 'persistentvolumeclaims'),
  ],
  'generic-garbage-collector': allow(`${READ},delete,patch,update`, '*.*'),
  'horizontal-pod-autoscaler': [
    ...allow(READ, 'horizontalpodautoscalers.autoscaling'),
    ...allow('update', 'horizontalpodautoscalers.autoscaling/status'),
    ...allow('get,update', '*.*/scale'),
    ...allow('list,watch', 'pods,pods.metrics.k8s.io'),
    ...allow(READ, '*.custom.metrics.k8s.io,*.external.metrics.k8s.io'),
  ],
  'job-controller': [
    ...allow(`${READ},patch,update`, 'jobs.batch'),
    ...allow('update', 'jobs.batch/status,jobs.batch/finalizers'),
    ...allow('create,delete,list,patch,watch', 'pods'),
  ],
  'legacy-service-account-token-cleaner': [
    ...allow('get', 'configmaps', ['kube-apiserver-legacy-service-account-token-tracking']),
    ...allow('delete,patch', 'secrets'),
  ],
  'namespace-controller': [
    ...allow(`${READ},delete`, 'namespaces'),
    ...allow('update', 'namespaces/finalize,namespaces/status'),
    ...allow(`${READ},delete,deletecollection`, '*.*'),
  ],
  'node-controller': [
    ...allow(`${READ},delete,patch,update`, 'nodes'),
    ...allow('patch,update', 'nodes/status,pods/status'),
    ...allow(`${READ},delete`, 'pods'),
  ],
  'persistent-volume-binder': [
    ...allow(`${READ},create,delete,update`, 'persistentvolumes'),
    ...allow('update', 'persistentvolumes/status,persistentvolumeclaims/status'),
    ...allow(`${READ},update`, 'persistentvolumeclaims'),
    ...allow(`${READ},create,delete`, 'pods'),
    ...allow(READ, 'storageclasses.storage.k8s.io'),
    ...allow('list,watch', 'nodes'),
    ...allow('watch', 'events'),
  ],
  'pod-garbage-collector': [
    ...allow('delete,list,watch', 'pods'),
    ...allow(READ, 'nodes'),
    ...allow('patch', 'pods/status'),
  ],
  'pv-protection-controller': allow(`${READ},update`, 'persistentvolumes'),
  'pvc-protection-controller': [
    ...allow(`${READ},update`, 'persistentvolumeclaims'),
    ...allow('update', 'persistentvolumeclaims/status'),
    ...allow(READ, 'pods'),
  ],
  'replicaset-controller': [
    ...allow(`${READ},update`, 'replicasets.apps'),
    ...allow('update', 'replicasets.apps/status,replicasets.apps/finalizers'),
    ...allow('create,delete,list,patch,watch', 'pods'),
  ],
  'replication-controller': [
    ...allow(`${READ},update`, 'replicationcontrollers'),
    ...allow('update', 'replicationcontrollers/status,replicationcontrollers/finalizers'),
    ...allow('create,delete,list,patch,watch', 'pods'),
  ],
  'resource-claim-controller': [
    ...allow(READ, 'pods'),
    ...allow('update', 'pods/finalizers'),
    ...allow(`${READ},create,delete`, 'resourceclaims.resource.k8s.io'),
    ...allow(
      'patch,update',
      'pods/status,resourceclaims.resource.k8s.io,resourceclaims.resource.k8s.io/status,resourceclaims.resource.k8s.io/binding',
    ),
  ],
  'resourcequota-controller': [...allow('list,watch', '*.*'), ...allow('update', 'resourcequotas/status')],
  'root-ca-cert-publisher': allow('create,update', 'configmaps'),
  'route-controller': [...allow('list,watch', 'nodes'), ...allow('patch', 'nodes/status')],
  'selinux-warning-controller': allow(
    READ,
    'persistentvolumes,persistentvolumeclaims,pods,csidrivers.storage.k8s.io',
  ),
  'service-account-controller': allow('create', 'serviceaccounts'),
  'service-cidrs-controller': [
    ...allow(`${READ},patch,update`, 'servicecidrs.networking.k8s.io'),
    ...allow(
      'patch,update',
      'servicecidrs.networking.k8s.io/finalizers,servicecidrs.networking.k8s.io/status',
    ),
    ...allow(READ, 'ipaddresses.networking.k8s.io'),
  ],
  'service-controller': [
    ...allow(READ, 'services'),
    ...allow('patch,update', 'services/status'),
    ...allow('list,watch', 'nodes'),
  ],
  'statefulset-controller': [
    ...allow(OWN, 'pods,controllerrevisions.apps'),
    ...allow(READ, 'statefulsets.apps'),
    ...allow('update', 'statefulsets.apps/status,statefulsets.apps/finalizers,pods/finalizers'),
    ...allow(`${READ},create,delete,update`, 'persistentvolumeclaims'),
  ],
  'ttl-after-finished-controller': allow(`${READ},delete`, 'jobs.batch'),
  'ttl-controller': allow('list,patch,update,watch', 'nodes'),
  'validatingadmissionpolicy-status-controller': [
    ...allow(READ, 'validatingadmissionpolicies.admissionregistration.k8s.io'),
    ...allow('get,patch,update', 'validatingadmissionpolicies.admissionregistration.k8s.io/status'),
  ],
  'volumeattributesclass-protection-controller': [
    ...allow(READ, 'persistentvolumeclaims,persistentvolumes'),
    ...allow(`${READ},update`, 'volumeattributesclasses.storage.k8s.io'),
  ],
};

const SILENT = new Set([
  'clusterrole-aggregation-controller',
  'legacy-service-account-token-cleaner',
  'namespace-controller',
  'pod-garbage-collector',
]);

/**
 * The roles of the controllers that kube-controller-manager runs under service accounts of their own (k8s
 * rbac/bootstrappolicy/controller_policy.go).
 */
export const controllerRoles: readonly DefaultRole[] = Object.entries(rules).map(([name, own]) => ({
  name: `system:controller:${name}`,
  rules: SILENT.has(name) ? own : [...own, ...WRITE_EVENTS],
  subjects: [serviceAccount(name)],
}));
