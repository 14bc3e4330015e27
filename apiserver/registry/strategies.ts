import type { ResourceDefinition } from '../../openapi/resources.ts';
import { groupResource } from '../../openapi/resources.ts';
import { definitionStrategy } from '../custom-resources/definition-strategy.ts';
import { certificateStrategy } from './certificate-strategy.ts';
import { eventStrategy } from './event-strategy.ts';
import { jobStrategy } from './job-strategy.ts';
import { namespaceStrategy } from './namespace-strategy.ts';
import { nodeStrategy } from './node-strategy.ts';
import { podStrategy } from './pod-strategy.ts';
import { secretStrategy } from './secret-strategy.ts';
import { serviceStrategy } from './service-strategy.ts';
import { defaultStrategy, type Strategy, type StrategyOverrides } from './strategy.ts';

const UPSERT: StrategyOverrides = { allowCreateOnUpdate: true };
const CONDITIONAL: StrategyOverrides = { allowUnconditionalUpdate: false };

/** Nothing is bound yet. */
const PENDING: StrategyOverrides = {
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
  },
};

const overrides: Readonly<Record<string, StrategyOverrides>> = {
  endpoints: UPSERT,
  events: eventStrategy,
  'events.events.k8s.io': { ...UPSERT, ...CONDITIONAL },
  namespaces: namespaceStrategy,
  nodes: nodeStrategy,
  pods: podStrategy,
  secrets: secretStrategy,
  services: serviceStrategy,
  persistentvolumeclaims: PENDING,
  persistentvolumes: PENDING,
  'apiservices.apiregistration.k8s.io': CONDITIONAL,
  'certificatesigningrequests.certificates.k8s.io': certificateStrategy,
  'customresourcedefinitions.apiextensions.k8s.io': definitionStrategy,
  'jobs.batch': jobStrategy,
  'poddisruptionbudgets.policy': CONDITIONAL,
  'validatingadmissionpolicies.admissionregistration.k8s.io': CONDITIONAL,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': CONDITIONAL,
  'leases.coordination.k8s.io': { ...UPSERT, ...CONDITIONAL },
  'ipaddresses.networking.k8s.io': CONDITIONAL,
  'servicecidrs.networking.k8s.io': CONDITIONAL,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': CONDITIONAL,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': CONDITIONAL,
};

/** The policy of a resource: its own where it has one. */
export function strategyOf(definition: ResourceDefinition): Strategy {
  return { ...defaultStrategy(definition), ...overrides[groupResource(definition)] };
}
