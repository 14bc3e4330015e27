import { deepEqual } from '../deep-equal.ts';
import type { Faults } from '../faults.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { oneOf } from './pod-validation.ts';

const ACCESS_MODES = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];
/** Fields of a volume's spec that do not say where its bytes are. */
const NO_SOURCE = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
]);

export const persistentVolumeRules: KindRules<PersistentVolume> = {
  defaults(volume) {
    const spec = (volume.spec ??= {});
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath) spec.hostPath.type ??= '';
    (volume.status ??= {}).phase ||= 'Pending';
  },
  validate({ spec = {} }, faults) {
    validateAccessModes(spec.accessModes, faults);
    if (spec.capacity?.storage === undefined) faults.required('spec.capacity');
    oneOf(
      spec.persistentVolumeReclaimPolicy,
      ['Delete', 'Recycle', 'Retain'],
      'spec.persistentVolumeReclaimPolicy',
      faults,
    );
    oneOf(spec.volumeMode, VOLUME_MODES, 'spec.volumeMode', faults);
    const sources = Object.keys(spec).filter((field) => !NO_SOURCE.has(field));
    if (sources.length === 0) faults.required('spec', 'must specify a volume type');
    for (const extra of sources.slice(1))
      faults.forbidden(`spec.${extra}`, 'may not specify more than 1 volume type');
  },
  validateUpdate({ spec = {} }, { spec: before = {} }, faults) {
    for (const field of Object.keys({ ...spec, ...before }) as (keyof typeof spec)[]) {
      if (NO_SOURCE.has(field) || deepEqual(spec[field], before[field])) continue;
      faults.forbidden(
        'spec.persistentvolumesource',
        'spec.persistentvolumesource is immutable after creation',
      );
      return;
    }
  },
};

export const persistentVolumeClaimRules: KindRules<PersistentVolumeClaim> = {
  defaults(claim) {
    defaultClaimSpec((claim.spec ??= {}));
    (claim.status ??= {}).phase ||= 'Pending';
  },
  validate({ spec = {} }, faults) {
    validateAccessModes(spec.accessModes, faults);
    if (spec.resources?.requests?.storage === undefined) faults.required('spec.resources[storage]');
    oneOf(spec.volumeMode, VOLUME_MODES, 'spec.volumeMode', faults);
  },
  validateUpdate({ spec = {} }, { spec: before = {} }, faults) {
    // A claim is bound once, and may ask for more later.
    const fixed = ({
      resources: _r,
      volumeName,
      volumeAttributesClassName: _v,
      ...rest
    }: PersistentVolumeClaimSpec) => (before.volumeName ? { ...rest, volumeName } : rest);
    if (deepEqual(fixed(spec), fixed(before))) return;
    faults.forbidden(
      'spec',
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    );
  },
};

export const storageClassRules: KindRules<StorageClass> = {
  defaults(storageClass) {
    storageClass.reclaimPolicy ??= 'Delete';
    storageClass.volumeBindingMode ??= 'Immediate';
  },
  validate({ provisioner, reclaimPolicy, volumeBindingMode }, faults) {
    if (!provisioner) faults.required('provisioner');
    oneOf(reclaimPolicy, ['Delete', 'Retain'], 'reclaimPolicy', faults);
    oneOf(volumeBindingMode, ['Immediate', 'WaitForFirstConsumer'], 'volumeBindingMode', faults);
  },
  validateUpdate(storageClass, previous, faults) {
    for (const field of ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const) {
      if (!deepEqual(storageClass[field], previous[field])) {
        faults.forbidden(field, `updates to ${field} are forbidden.`);
      }
    }
  },
};

export const volumeAttachmentRules: KindRules<VolumeAttachment> = {
  validate({ spec = {} }, faults) {
    if (!spec.attacher) faults.required('spec.attacher');
    if (!spec.nodeName) faults.required('spec.nodeName');
    if (!spec.source?.persistentVolumeName && !spec.source?.inlineVolumeSpec) {
      faults.required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName');
    }
  },
  validateUpdate({ spec }, previous, faults) {
    if (!deepEqual(spec, previous.spec)) faults.invalid('spec', spec, 'field is immutable');
  },
};

export const volumeAttributesClassRules: KindRules<VolumeAttributesClass> = {
  validate({ driverName }, faults) {
    if (!driverName) faults.required('driverName');
  },
  validateUpdate(attributes, previous, faults) {
    for (const field of ['driverName', 'parameters'] as const) {
      if (!deepEqual(attributes[field], previous[field]))
        faults.invalid(field, attributes[field], 'field is immutable');
    }
  },
};

export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem';
}

function validateAccessModes(modes: readonly string[] = [], faults: Faults): void {
  if (modes.length === 0) faults.required('spec.accessModes', 'at least 1 access mode is required');
  for (const mode of modes) oneOf(mode, ACCESS_MODES, 'spec.accessModes', faults);
}
