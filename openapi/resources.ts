import type { ResourceDefinition } from './resource-definition.ts';
import { accessResources } from './resources/access.ts';
import { autoscalingResources } from './resources/autoscaling.ts';
import { clusterResources } from './resources/cluster.ts';
import { coreResources } from './resources/core.ts';
import { extensionResources } from './resources/extensions.ts';
import { networkingResources } from './resources/networking.ts';
import { storageResources } from './resources/storage.ts';
import { workloadResources } from './resources/workloads.ts';

export {
  groupResource,
  groupVersion,
  type KubernetesObject,
  type ResourceDefinition,
  type ResourceObject,
  type SubresourceDefinition,
} from './resource-definition.ts';

/**
 * Every served resource, in discovery order; of two versions the preferred one comes first. Typed calls take
 * an entry:
 *
 *     const pod = await client.get(resources.pods, 'web-1', { namespace: 'default' }); // a Pod
 */
export const resources = {
  ...coreResources,
  ...workloadResources,
  ...autoscalingResources,
  ...networkingResources,
  ...accessResources,
  ...storageResources,
  ...clusterResources,
  ...extensionResources,
} as const;

export const allResources: readonly ResourceDefinition[] = Object.values(resources);

/** Each kind of object that is stored, once, whatever versions it is served in. */
export const storedResources: readonly ResourceDefinition[] = allResources.filter(
  ({ stored, storedAs }) => stored && storedAs === undefined,
);
