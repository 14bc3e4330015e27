import type { Field, MessageKey } from './field-table.ts';

/**
 * Optional scalars that are pointers in Go: on the wire their zero value means that somebody set it. All
 * other optional scalars are written even when unset, so that a zero there says nothing.
 */
const POINTERS = new Set(
  [
    'apis.meta.v1.ObjectMeta: deletionGracePeriodSeconds',
    'apis.meta.v1.OwnerReference: controller blockOwnerDeletion',
    'apis.meta.v1.DeleteOptions: gracePeriodSeconds orphanDependents propagationPolicy',
    'apis.meta.v1.Preconditions: uid resourceVersion',
    'apps.v1.DeploymentSpec: replicas revisionHistoryLimit progressDeadlineSeconds',
    'apps.v1.DeploymentStatus: collisionCount terminatingReplicas',
    'apps.v1.DaemonSetSpec: revisionHistoryLimit',
    'apps.v1.DaemonSetStatus: collisionCount',
    'apps.v1.ReplicaSetSpec: replicas',
    'apps.v1.ReplicaSetStatus: terminatingReplicas',
    'coordination.v1.LeaseSpec: holderIdentity leaseDurationSeconds leaseTransitions strategy preferredHolder',
    'core.v1.ConfigMap: immutable',
    'core.v1.Secret: immutable',
    'core.v1.ServiceAccount: automountServiceAccountToken',
    'core.v1.PodSpec: terminationGracePeriodSeconds activeDeadlineSeconds automountServiceAccountToken',
    'core.v1.PodSpec: shareProcessNamespace priority enableServiceLinks setHostnameAsFQDN hostUsers',
    'core.v1.PodSpec: runtimeClassName preemptionPolicy hostnameOverride',
    'core.v1.PodSecurityContext: runAsUser runAsGroup runAsNonRoot fsGroup',
    'core.v1.SecurityContext: privileged runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem',
    'core.v1.SecurityContext: allowPrivilegeEscalation',
    'core.v1.Probe: terminationGracePeriodSeconds',
    'core.v1.GRPCAction: service',
    'core.v1.Toleration: tolerationSeconds',
    'core.v1.ContainerStatus: started',
    'core.v1.PodDNSConfigOption: value',
    'core.v1.EmptyDirVolumeSource: sizeLimit',
    'core.v1.ConfigMapVolumeSource: defaultMode optional',
    'core.v1.SecretVolumeSource: defaultMode optional',
    'core.v1.ProjectedVolumeSource: defaultMode',
    'core.v1.DownwardAPIVolumeSource: defaultMode',
    'core.v1.KeyToPath: mode',
    'core.v1.DownwardAPIVolumeFile: mode',
    'core.v1.ConfigMapKeySelector: optional',
    'core.v1.SecretKeySelector: optional',
    'core.v1.ConfigMapEnvSource: optional',
    'core.v1.SecretEnvSource: optional',
    'core.v1.ConfigMapProjection: optional',
    'core.v1.SecretProjection: optional',
    'core.v1.ServiceAccountTokenProjection: expirationSeconds',
    'core.v1.HostPathVolumeSource: type',
    'core.v1.ServicePort: appProtocol',
    'core.v1.ServiceSpec: allocateLoadBalancerNodePorts loadBalancerClass trafficDistribution',
    'core.v1.ServiceSpec: ipFamilyPolicy internalTrafficPolicy',
    'core.v1.ClientIPConfig: timeoutSeconds',
    'core.v1.EndpointAddress: nodeName',
    'core.v1.EndpointPort: appProtocol',
    'discovery.v1.Endpoint: hostname nodeName zone',
    'discovery.v1.EndpointConditions: ready serving terminating',
    'discovery.v1.EndpointPort: name protocol port appProtocol',
    'networking.v1.IngressSpec: ingressClassName',
    'networking.v1.HTTPIngressPath: pathType',
    'networking.v1.IngressClassParametersReference: scope namespace',
    'networking.v1.NetworkPolicyPort: protocol endPort',
    'admissionregistration.v1.MutatingWebhook: failurePolicy matchPolicy sideEffects timeoutSeconds reinvocationPolicy',
    'admissionregistration.v1.ValidatingWebhook: failurePolicy matchPolicy sideEffects timeoutSeconds',
    'admissionregistration.v1.Rule: scope',
    'admissionregistration.v1.WebhookClientConfig: url',
    'admissionregistration.v1.ServiceReference: path port',
    'core.v1.TypedLocalObjectReference: apiGroup',
    'core.v1.TypedObjectReference: apiGroup namespace',
    'core.v1.PersistentVolumeClaimSpec: storageClassName volumeMode volumeAttributesClassName',
    'core.v1.TopologySpreadConstraint: minDomains nodeAffinityPolicy nodeTaintsPolicy',
  ].flatMap((line) => {
    const [message = '', fields = ''] = line.split(': ');
    return fields.split(' ').map((field) => `${message}.${field}`);
  }),
);

/**
 * Whether a zero value on the wire belongs into the JSON shape of this field. Required numbers and booleans
 * do; required text that is empty is left out, so that validation finds it missing.
 */
export function keepsZero(message: MessageKey, field: Field): boolean {
  if (POINTERS.has(`${message}.${field.name}`)) return true;
  return !field.optional && field.type.kind !== 'string';
}
