import type { Container, Pod } from '../generated/types.ts';

const COMPUTE = ['cpu', 'memory'] as const;

/** The quality-of-service class (k8s pkg/apis/core/v1/helper/qos/qos.go). */
export function qosClassOf({ spec = {} }: Pod): 'BestEffort' | 'Burstable' | 'Guaranteed' {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  if (containers.every((container) => !asksForAnything(container))) return 'BestEffort';
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function isSet(amount: string | undefined): boolean {
  return amount !== undefined && amount !== '0';
}

function asksForAnything({ resources = {} }: Container): boolean {
  return COMPUTE.some((name) => isSet(resources.requests?.[name]) || isSet(resources.limits?.[name]));
}

function isGuaranteed({ resources = {} }: Container): boolean {
  const { requests = {}, limits = {} } = resources;
  return COMPUTE.every((name) => isSet(limits[name]) && (requests[name] ?? limits[name]) === limits[name]);
}
