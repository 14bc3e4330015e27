export {
  type Cluster,
  type ClusterOptions,
  createCluster,
  type FetchOptions,
  type Origin,
} from './cluster/create-cluster.ts';
export type { TraceEntry } from './cluster/event-trace.ts';
export * from './openapi/generated/types.ts';
export { type ResourceDefinition, type ResourceObject, resources } from './openapi/resources.ts';
