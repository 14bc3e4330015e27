import type { MessageKey } from './field-table.ts';

/**
 * How values are merged and owned where list types do not say it: the structType, mapType and default
 * markers of Kubernetes' Go types (k8s.io/api types.go), which OpenAPI shows as x-kubernetes-map-type.
 */

const lines = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Messages that are one value: whoever sets a part of one owns it all (`+structType=atomic`). */
const ATOMIC_MESSAGES = lines(`
  apis.meta.v1.LabelSelector
  core.v1.ConfigMapKeySelector
  core.v1.EndpointAddress
  core.v1.EndpointPort
  core.v1.FileKeySelector
  core.v1.LocalObjectReference
  core.v1.NodeSelector
  core.v1.NodeSelectorTerm
  core.v1.ObjectFieldSelector
  core.v1.ObjectReference
  core.v1.ResourceFieldSelector
  core.v1.ScopeSelector
  core.v1.SecretKeySelector
  core.v1.SecretReference
  core.v1.TopologySelectorTerm
  core.v1.TypedLocalObjectReference
  admissionregistration.v1.MatchResources
  admissionregistration.v1.NamedRuleWithOperations
  admissionregistration.v1.ParamKind
  admissionregistration.v1.ParamRef
  admissionregistration.v1.Variable
  autoscaling.v1.CrossVersionObjectReference
  discovery.v1.EndpointPort
  networking.v1.ServiceBackendPort
  rbac.v1.RoleRef
  rbac.v1.Subject
`);

/** Maps that are one value (`+mapType=atomic`). */
const ATOMIC_MAPS = lines(`
  core.v1.PodSpec.nodeSelector
  core.v1.ReplicationControllerSpec.selector
  core.v1.ServiceSpec.selector
  discovery.v1.Endpoint.deprecatedTopology
  node.v1.Scheduling.nodeSelector
`);

/** Uses of an atomic message that are merged nevertheless (`+structType=granular`). */
const GRANULAR = lines('core.v1.PersistentVolumeSpec.claimRef');

/** List map keys that an item may leave out (`+default`). */
const KEY_DEFAULTS: Readonly<Record<MessageKey, Readonly<Record<string, unknown>>>> = {
  'core.v1.ContainerPort': { protocol: 'TCP' },
  'core.v1.ServicePort': { protocol: 'TCP' },
};

/** What Go writes even when nobody set it: optional structs held by value, lists without omitempty. */
const ALWAYS_THERE = lines(`
  containers daemonEndpoints drivers kubeletEndpoint lastState loadBalancer metadata nodeInfo resources source
  spec state status strategy template updateStrategy
`);

export function isAtomicMessage(message: MessageKey): boolean {
  return ATOMIC_MESSAGES.has(message);
}

export function isAtomicMap(message: MessageKey, field: string): boolean {
  return ATOMIC_MAPS.has(`${message}.${field}`);
}

export function isGranular(message: MessageKey, field: string): boolean {
  return GRANULAR.has(`${message}.${field}`);
}

export function keyDefaults(message: MessageKey): Readonly<Record<string, unknown>> {
  return KEY_DEFAULTS[message] ?? {};
}

export function isAlwaysThere(field: string): boolean {
  return ALWAYS_THERE.has(field);
}
