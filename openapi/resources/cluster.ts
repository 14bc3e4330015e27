import type * as api from '../generated/types.ts';
import { group } from '../resource-definition.ts';
import { coreResources } from './core.ts';
import { STATUS } from './subresources.ts';

const coordination = group('coordination.k8s.io', 'v1', 'coordination.v1');
const events = group('events.k8s.io', 'v1', 'events.v1');
const scheduling = group('scheduling.k8s.io', 'v1', 'scheduling.v1');
const flowcontrol = group('flowcontrol.apiserver.k8s.io', 'v1', 'flowcontrol.v1');
const node = group('node.k8s.io', 'v1', 'node.v1');

/** What the cluster says to itself. */
export const clusterResources = {
  leases: coordination<api.Lease>('leases', { kind: 'Lease' }),
  eventsV1: events<api.EventsEvent>('events', {
    kind: 'Event',
    shortNames: ['ev'],
    storedAs: coreResources.events,
  }),
  priorityclasses: scheduling<api.PriorityClass>('priorityclasses', {
    kind: 'PriorityClass',
    namespaced: false,
    shortNames: ['pc'],
  }),
  flowschemas: flowcontrol<api.FlowSchema>('flowschemas', {
    kind: 'FlowSchema',
    namespaced: false,
    subresources: [STATUS],
    generation: true,
  }),
  prioritylevelconfigurations: flowcontrol<api.PriorityLevelConfiguration>('prioritylevelconfigurations', {
    kind: 'PriorityLevelConfiguration',
    namespaced: false,
    subresources: [STATUS],
    generation: true,
  }),
  runtimeclasses: node<api.RuntimeClass>('runtimeclasses', { kind: 'RuntimeClass', namespaced: false }),
} as const;
