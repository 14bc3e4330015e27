import type * as api from '../generated/types.ts';
import { group } from '../resource-definition.ts';
import { POD_SUBRESOURCES, SCALE, STATUS, TOKEN } from './subresources.ts';

const core = group('', 'v1', 'core.v1');

/** The core group. */
export const coreResources = {
  configmaps: core<api.ConfigMap>('configmaps', { kind: 'ConfigMap', shortNames: ['cm'] }),
  endpoints: core<api.Endpoints>('endpoints', { kind: 'Endpoints', shortNames: ['ep'] }),
  events: core<api.Event>('events', { kind: 'Event', shortNames: ['ev'] }),
  limitranges: core<api.LimitRange>('limitranges', { kind: 'LimitRange', shortNames: ['limits'] }),
  namespaces: core<api.Namespace>('namespaces', {
    kind: 'Namespace',
    namespaced: false,
    shortNames: ['ns'],
    subresources: [{ name: 'finalize', verbs: ['update'] }, STATUS],
  }),
  nodes: core<api.Node>('nodes', {
    kind: 'Node',
    namespaced: false,
    shortNames: ['no'],
    subresources: [STATUS],
  }),
  persistentvolumeclaims: core<api.PersistentVolumeClaim>('persistentvolumeclaims', {
    kind: 'PersistentVolumeClaim',
    shortNames: ['pvc'],
    subresources: [STATUS],
  }),
  persistentvolumes: core<api.PersistentVolume>('persistentvolumes', {
    kind: 'PersistentVolume',
    namespaced: false,
    shortNames: ['pv'],
    subresources: [STATUS],
  }),
  pods: core<api.Pod>('pods', {
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    subresources: POD_SUBRESOURCES,
    generation: true,
  }),
  podtemplates: core<api.PodTemplate>('podtemplates', { kind: 'PodTemplate', generation: true }),
  replicationcontrollers: core<api.ReplicationController>('replicationcontrollers', {
    kind: 'ReplicationController',
    shortNames: ['rc'],
    categories: ['all'],
    subresources: [SCALE, STATUS],
    generation: true,
  }),
  resourcequotas: core<api.ResourceQuota>('resourcequotas', {
    kind: 'ResourceQuota',
    shortNames: ['quota'],
    subresources: [STATUS],
  }),
  secrets: core<api.Secret>('secrets', { kind: 'Secret' }),
  serviceaccounts: core<api.ServiceAccount>('serviceaccounts', {
    kind: 'ServiceAccount',
    shortNames: ['sa'],
    subresources: [TOKEN],
  }),
  services: core<api.Service>('services', {
    kind: 'Service',
    shortNames: ['svc'],
    categories: ['all'],
    subresources: [STATUS],
  }),
} as const;
