import type { MessageKey } from '../field-table.ts';
import type { KubernetesObject } from '../resources.ts';
import {
  eventRules,
  ipAddressRules,
  leaseRules,
  namespaceRules,
  nodeRules,
  serviceCidrRules,
} from './cluster.ts';
import { configMapRules, secretRules } from './config.ts';
import { endpointSliceRules, endpointsRules } from './endpoints.ts';
import type { KindRules } from './kind-rules.ts';
import { ingressClassRules, ingressRules, networkPolicyRules } from './networking.ts';
import { podRules } from './pod.ts';
import { serviceRules } from './service.ts';
import { mutatingWebhookRules, validatingWebhookRules } from './webhook-configurations.ts';
import { daemonSetRules, deploymentRules, replicaSetRules } from './workloads.ts';

const NONE: KindRules<KubernetesObject> = {};

/** Objects reach a rule only after the schema of its own kind was checked, so each may trust its types. */
const rules: Readonly<Record<MessageKey, unknown>> = {
  'admissionregistration.v1.MutatingWebhookConfiguration': mutatingWebhookRules,
  'admissionregistration.v1.ValidatingWebhookConfiguration': validatingWebhookRules,
  'apps.v1.DaemonSet': daemonSetRules,
  'apps.v1.Deployment': deploymentRules,
  'apps.v1.ReplicaSet': replicaSetRules,
  'coordination.v1.Lease': leaseRules,
  'core.v1.ConfigMap': configMapRules,
  'core.v1.Endpoints': endpointsRules,
  'core.v1.Event': eventRules,
  'core.v1.Namespace': namespaceRules,
  'core.v1.Node': nodeRules,
  'core.v1.Pod': podRules,
  'core.v1.Secret': secretRules,
  'core.v1.Service': serviceRules,
  'discovery.v1.EndpointSlice': endpointSliceRules,
  'networking.v1.Ingress': ingressRules,
  'networking.v1.IngressClass': ingressClassRules,
  'networking.v1.IPAddress': ipAddressRules,
  'networking.v1.NetworkPolicy': networkPolicyRules,
  'networking.v1.ServiceCIDR': serviceCidrRules,
};

/** The rules of a kind; a kind without an entry has only its schema and metadata. */
export function rulesOf(message: MessageKey): KindRules<KubernetesObject> {
  return (rules[message] as KindRules<KubernetesObject> | undefined) ?? NONE;
}
