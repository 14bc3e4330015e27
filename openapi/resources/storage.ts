import type * as api from '../generated/types.ts';
import { group } from '../resource-definition.ts';
import { STATUS } from './subresources.ts';

const storage = group('storage.k8s.io', 'v1', 'storage.v1');

/** Volumes. */
export const storageResources = {
  csidrivers: storage<api.CSIDriver>('csidrivers', { kind: 'CSIDriver', namespaced: false }),
  csinodes: storage<api.CSINode>('csinodes', { kind: 'CSINode', namespaced: false }),
  csistoragecapacities: storage<api.CSIStorageCapacity>('csistoragecapacities', {
    kind: 'CSIStorageCapacity',
  }),
  storageclasses: storage<api.StorageClass>('storageclasses', {
    kind: 'StorageClass',
    namespaced: false,
    shortNames: ['sc'],
  }),
  volumeattachments: storage<api.VolumeAttachment>('volumeattachments', {
    kind: 'VolumeAttachment',
    namespaced: false,
    subresources: [STATUS],
  }),
  volumeattributesclasses: storage<api.VolumeAttributesClass>('volumeattributesclasses', {
    kind: 'VolumeAttributesClass',
    namespaced: false,
    shortNames: ['vac'],
  }),
} as const;
