import type * as api from '../generated/types.ts';
import { group } from '../resource-definition.ts';
import { SCALE, STATUS } from './subresources.ts';

const apps = group('apps', 'v1', 'apps.v1');
const batch = group('batch', 'v1', 'batch.v1');

/** What makes pods. */
export const workloadResources = {
  controllerrevisions: apps<api.ControllerRevision>('controllerrevisions', { kind: 'ControllerRevision' }),
  daemonsets: apps<api.DaemonSet>('daemonsets', {
    kind: 'DaemonSet',
    shortNames: ['ds'],
    categories: ['all'],
    subresources: [STATUS],
    generation: true,
  }),
  deployments: apps<api.Deployment>('deployments', {
    kind: 'Deployment',
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: [SCALE, STATUS],
    generation: true,
  }),
  replicasets: apps<api.ReplicaSet>('replicasets', {
    kind: 'ReplicaSet',
    shortNames: ['rs'],
    categories: ['all'],
    subresources: [SCALE, STATUS],
    generation: true,
  }),
  statefulsets: apps<api.StatefulSet>('statefulsets', {
    kind: 'StatefulSet',
    shortNames: ['sts'],
    categories: ['all'],
    subresources: [SCALE, STATUS],
    generation: true,
  }),
  cronjobs: batch<api.CronJob>('cronjobs', {
    kind: 'CronJob',
    shortNames: ['cj'],
    categories: ['all'],
    subresources: [STATUS],
    generation: true,
  }),
  jobs: batch<api.Job>('jobs', {
    kind: 'Job',
    categories: ['all'],
    subresources: [STATUS],
    generation: true,
  }),
} as const;
