import { groupVersion, type ResourceDefinition } from '../../openapi/resources.ts';
import { autoscalerConversion } from './autoscaler-conversion.ts';
import { type Conversion, renaming } from './conversion.ts';

/** events.k8s.io gave the fields of core Events new names (k8s pkg/apis/core/v1/conversion.go). */
const eventConversion = renaming('events.k8s.io/v1', 'v1', {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
});

const conversions: Readonly<Record<string, Conversion>> = {
  'events.k8s.io/v1 events': eventConversion,
  'autoscaling/v1 horizontalpodautoscalers': autoscalerConversion,
};

/** How a resource is stored that is stored as another version; undefined for one that is stored as it is. */
export function conversionOf(definition: ResourceDefinition): Conversion | undefined {
  if (!definition.storedAs) return undefined;
  const conversion = conversions[`${groupVersion(definition)} ${definition.resource}`];
  if (!conversion) throw new Error(`${definition.resource} has no conversion`);
  return conversion;
}
