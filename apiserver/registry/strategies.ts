import type { ResourceDefinition } from '../../openapi/resources.ts';
import { groupResource } from '../../openapi/resources.ts';
import { eventStrategy } from './event-strategy.ts';
import { namespaceStrategy } from './namespace-strategy.ts';
import { nodeStrategy } from './node-strategy.ts';
import { podStrategy } from './pod-strategy.ts';
import { secretStrategy } from './secret-strategy.ts';
import { serviceStrategy } from './service-strategy.ts';
import { defaultStrategy, type Strategy, type StrategyOverrides } from './strategy.ts';

const UPSERT: StrategyOverrides = { allowCreateOnUpdate: true };
const CONDITIONAL: StrategyOverrides = { allowUnconditionalUpdate: false };

const overrides: Readonly<Record<string, StrategyOverrides>> = {
  endpoints: UPSERT,
  events: eventStrategy,
  namespaces: namespaceStrategy,
  nodes: nodeStrategy,
  pods: podStrategy,
  secrets: secretStrategy,
  services: serviceStrategy,
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
