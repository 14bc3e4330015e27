import type { MessageKey } from '../field-table.ts';
import type { KubernetesObject } from '../resources.ts';
import {
  certificateSigningRequestRules,
  clusterRoleBindingRules,
  clusterRoleRules,
  roleBindingRules,
  roleRules,
} from './access.ts';
import {
  validatingAdmissionPolicyBindingRules,
  validatingAdmissionPolicyRules,
} from './admission-policies.ts';
import {
  horizontalPodAutoscalerRules,
  horizontalPodAutoscalerV1Rules,
  podDisruptionBudgetRules,
} from './autoscaling.ts';
import {
  eventRules,
  ipAddressRules,
  leaseRules,
  namespaceRules,
  nodeRules,
  serviceCidrRules,
} from './cluster.ts';
import { configMapRules, secretRules } from './config.ts';
import { customResourceDefinitionRules } from './custom-resource-definition/rules.ts';
import { endpointSliceRules, endpointsRules } from './endpoints.ts';
import { cronJobRules, jobRules } from './job.ts';
import type { KindRules } from './kind-rules.ts';
import { ingressClassRules, ingressRules, networkPolicyRules } from './networking.ts';
import { podRules } from './pod.ts';
import { podTemplateRules, replicationControllerRules } from './replication-controller.ts';
import {
  apiServiceRules,
  limitRangeRules,
  priorityClassRules,
  resourceQuotaRules,
  runtimeClassRules,
} from './scheduling.ts';
import { serviceRules } from './service.ts';
import { controllerRevisionRules, statefulSetRules } from './stateful-set.ts';
import {
  persistentVolumeClaimRules,
  persistentVolumeRules,
  storageClassRules,
  volumeAttachmentRules,
  volumeAttributesClassRules,
} from './volumes.ts';
import { mutatingWebhookRules, validatingWebhookRules } from './webhook-configurations.ts';
import { daemonSetRules, deploymentRules, replicaSetRules } from './workloads.ts';

const NONE: KindRules<KubernetesObject> = {};

/** Objects reach a rule only after the schema of its own kind was checked, so each may trust its types. */
const rules: Readonly<Record<MessageKey, unknown>> = {
  'admissionregistration.v1.MutatingWebhookConfiguration': mutatingWebhookRules,
  'admissionregistration.v1.ValidatingAdmissionPolicy': validatingAdmissionPolicyRules,
  'admissionregistration.v1.ValidatingAdmissionPolicyBinding': validatingAdmissionPolicyBindingRules,
  'admissionregistration.v1.ValidatingWebhookConfiguration': validatingWebhookRules,
  'apiextensions.v1.CustomResourceDefinition': customResourceDefinitionRules,
  'apiregistration.v1.APIService': apiServiceRules,
  'apps.v1.ControllerRevision': controllerRevisionRules,
  'apps.v1.DaemonSet': daemonSetRules,
  'apps.v1.Deployment': deploymentRules,
  'apps.v1.ReplicaSet': replicaSetRules,
  'apps.v1.StatefulSet': statefulSetRules,
  'autoscaling.v1.HorizontalPodAutoscaler': horizontalPodAutoscalerV1Rules,
  'autoscaling.v2.HorizontalPodAutoscaler': horizontalPodAutoscalerRules,
  'batch.v1.CronJob': cronJobRules,
  'batch.v1.Job': jobRules,
  'certificates.v1.CertificateSigningRequest': certificateSigningRequestRules,
  'coordination.v1.Lease': leaseRules,
  'core.v1.ConfigMap': configMapRules,
  'core.v1.Endpoints': endpointsRules,
  'core.v1.Event': eventRules,
  'core.v1.LimitRange': limitRangeRules,
  'core.v1.Namespace': namespaceRules,
  'core.v1.Node': nodeRules,
  'core.v1.PersistentVolume': persistentVolumeRules,
  'core.v1.PersistentVolumeClaim': persistentVolumeClaimRules,
  'core.v1.Pod': podRules,
  'core.v1.PodTemplate': podTemplateRules,
  'core.v1.ReplicationController': replicationControllerRules,
  'core.v1.ResourceQuota': resourceQuotaRules,
  'core.v1.Secret': secretRules,
  'core.v1.Service': serviceRules,
  'discovery.v1.EndpointSlice': endpointSliceRules,
  'networking.v1.Ingress': ingressRules,
  'networking.v1.IngressClass': ingressClassRules,
  'networking.v1.IPAddress': ipAddressRules,
  'networking.v1.NetworkPolicy': networkPolicyRules,
  'networking.v1.ServiceCIDR': serviceCidrRules,
  'node.v1.RuntimeClass': runtimeClassRules,
  'policy.v1.PodDisruptionBudget': podDisruptionBudgetRules,
  'rbac.v1.ClusterRole': clusterRoleRules,
  'rbac.v1.ClusterRoleBinding': clusterRoleBindingRules,
  'rbac.v1.Role': roleRules,
  'rbac.v1.RoleBinding': roleBindingRules,
  'scheduling.v1.PriorityClass': priorityClassRules,
  'storage.v1.StorageClass': storageClassRules,
  'storage.v1.VolumeAttachment': volumeAttachmentRules,
  'storage.v1.VolumeAttributesClass': volumeAttributesClassRules,
};

/** The rules of a kind; a kind without an entry has only its schema and metadata. */
export function rulesOf(message: MessageKey): KindRules<KubernetesObject> {
  return (rules[message] as KindRules<KubernetesObject> | undefined) ?? NONE;
}
