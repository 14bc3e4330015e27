import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../../openapi/generated/types.ts';
import { ageColumn, type Column, column, nameColumn, wide } from './column.ts';

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

const modesText = (modes: readonly string[] | undefined): string =>
  [...new Set(modes)].map((mode) => MODES[mode] ?? mode).join(',');

export const storageColumns: Readonly<Record<string, readonly Column[]>> = {
  persistentvolumes: [
    nameColumn,
    column<PersistentVolume>('Capacity', ({ spec }) => spec?.capacity?.storage ?? ''),
    column<PersistentVolume>('Access Modes', ({ spec }) => modesText(spec?.accessModes)),
    column<PersistentVolume>('Reclaim Policy', ({ spec }) => spec?.persistentVolumeReclaimPolicy),
    column<PersistentVolume>('Status', ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined ? status?.phase : 'Terminating',
    ),
    column<PersistentVolume>('Claim', ({ spec }) =>
      spec?.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '',
    ),
    column<PersistentVolume>('StorageClass', ({ spec }) => spec?.storageClassName ?? ''),
    column<PersistentVolume>(
      'VolumeAttributesClass',
      ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    ),
    column<PersistentVolume>('Reason', ({ status }) => status?.reason ?? ''),
    ageColumn,
    wide<PersistentVolume>('VolumeMode', ({ spec }) => spec?.volumeMode ?? '<unset>'),
  ],
  persistentvolumeclaims: [
    nameColumn,
    column<PersistentVolumeClaim>('Status', ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined ? status?.phase : 'Terminating',
    ),
    column<PersistentVolumeClaim>('Volume', ({ spec }) => spec?.volumeName ?? ''),
    column<PersistentVolumeClaim>('Capacity', ({ spec, status }) =>
      spec?.volumeName ? (status?.capacity?.storage ?? '0') : '',
    ),
    column<PersistentVolumeClaim>('Access Modes', ({ spec, status }) =>
      spec?.volumeName ? modesText(status?.accessModes) : '',
    ),
    column<PersistentVolumeClaim>('StorageClass', ({ spec }) => spec?.storageClassName ?? ''),
    column<PersistentVolumeClaim>(
      'VolumeAttributesClass',
      ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    ),
    ageColumn,
    wide<PersistentVolumeClaim>('VolumeMode', ({ spec }) => spec?.volumeMode ?? '<unset>'),
  ],
  'storageclasses.storage.k8s.io': [
    {
      ...nameColumn,
      cell: ({ metadata }) =>
        metadata.annotations?.[DEFAULT_CLASS] === 'true' ? `${metadata.name} (default)` : metadata.name,
    },
    column<StorageClass>('Provisioner', ({ provisioner }) => provisioner),
    column<StorageClass>('ReclaimPolicy', ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete'),
    column<StorageClass>('VolumeBindingMode', ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate'),
    column<StorageClass>('AllowVolumeExpansion', ({ allowVolumeExpansion }) =>
      String(allowVolumeExpansion ?? false),
    ),
    ageColumn,
  ],
  'csidrivers.storage.k8s.io': [
    nameColumn,
    column<CSIDriver>('AttachRequired', ({ spec }) => String(spec?.attachRequired ?? true)),
    column<CSIDriver>('PodInfoOnMount', ({ spec }) => String(spec?.podInfoOnMount ?? false)),
    column<CSIDriver>('StorageCapacity', ({ spec }) => String(spec?.storageCapacity ?? false)),
    column<CSIDriver>(
      'TokenRequests',
      ({ spec }) => (spec?.tokenRequests ?? []).map(({ audience }) => audience).join(',') || '<unset>',
    ),
    column<CSIDriver>('RequiresRepublish', ({ spec }) => String(spec?.requiresRepublish ?? false)),
    column<CSIDriver>('Modes', ({ spec }) => (spec?.volumeLifecycleModes ?? []).join(',') || '<none>'),
    ageColumn,
  ],
  'csinodes.storage.k8s.io': [
    nameColumn,
    column<CSINode>('Drivers', ({ spec }) => spec?.drivers?.length ?? 0, 'integer'),
    ageColumn,
  ],
  'csistoragecapacities.storage.k8s.io': [
    nameColumn,
    column<CSIStorageCapacity>('StorageClassName', ({ storageClassName }) => storageClassName),
    column<CSIStorageCapacity>('Capacity', ({ capacity }) => capacity ?? '<unset>'),
  ],
  'volumeattachments.storage.k8s.io': [
    nameColumn,
    column<VolumeAttachment>('Attacher', ({ spec }) => spec?.attacher),
    column<VolumeAttachment>('PV', ({ spec }) => spec?.source?.persistentVolumeName ?? ''),
    column<VolumeAttachment>('Node', ({ spec }) => spec?.nodeName),
    column<VolumeAttachment>('Attached', ({ status }) => String(status?.attached ?? false)),
    ageColumn,
  ],
  'volumeattributesclasses.storage.k8s.io': [
    nameColumn,
    column<VolumeAttributesClass>('DriverName', ({ driverName }) => driverName),
    ageColumn,
  ],
};
