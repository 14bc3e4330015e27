import type { Faults } from '../faults.ts';
import type { ObjectMeta } from '../generated/types.ts';
import type { NameFormat } from './kind-rules.ts';
import { annotationsFaults, labelsFaults, nameFault, qualifiedNameFault } from './names.ts';

const TOTAL_ANNOTATIONS_BYTES = 256 * 1024;

/** metadata of any kind (k8s apimachinery/pkg/api/validation/objectmeta.go). */
export function validateObjectMeta(
  meta: ObjectMeta,
  format: NameFormat,
  namespaced: boolean,
  faults: Faults,
): void {
  const { name = '', generateName = '', namespace = '' } = meta;
  if (name === '' && generateName === '') {
    faults.required('metadata.name', 'name or generateName is required');
  } else {
    const problem = name === '' ? undefined : nameFault(name, format);
    if (problem !== undefined) faults.invalid('metadata.name', name, problem);
    // What the suffix would follow may end in a dash.
    const prefix = nameFault(generateName.replace(/-+$/, 'a'), format);
    if (generateName !== '' && prefix !== undefined)
      faults.invalid('metadata.generateName', generateName, prefix);
  }
  validateNamespace(namespace, namespaced, faults);
  labelsFaults(meta.labels, 'metadata.labels', faults);
  annotationsFaults(meta.annotations, 'metadata.annotations', TOTAL_ANNOTATIONS_BYTES, faults);
  validateOwners(meta, faults);
  for (const finalizer of meta.finalizers ?? []) {
    const fault = qualifiedNameFault(finalizer);
    if (fault !== undefined) faults.invalid('metadata.finalizers', finalizer, fault);
  }
}

/** What of metadata an update may not touch. */
export function validateObjectMetaUpdate(meta: ObjectMeta, previous: ObjectMeta, faults: Faults): void {
  const immutable = ['name', 'namespace', 'uid'] as const;
  for (const field of immutable) {
    if (meta[field] !== previous[field])
      faults.invalid(`metadata.${field}`, meta[field], 'field is immutable');
  }
  if (previous.deletionTimestamp === undefined) return;
  const added = (meta.finalizers ?? []).filter((item) => !previous.finalizers?.includes(item));
  if (added.length > 0) {
    faults.forbidden(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
    );
  }
}

function validateNamespace(namespace: string, namespaced: boolean, faults: Faults): void {
  if (!namespaced) {
    if (namespace !== '') faults.forbidden('metadata.namespace', 'not allowed on this type');
    return;
  }
  if (namespace === '') return faults.required('metadata.namespace');
  const problem = nameFault(namespace, 'dns-label');
  if (problem !== undefined) faults.invalid('metadata.namespace', namespace, problem);
}

function validateOwners(meta: ObjectMeta, faults: Faults): void {
  let controllers = 0;
  for (const [index, owner] of (meta.ownerReferences ?? []).entries()) {
    const at = `metadata.ownerReferences[${index}]`;
    if (!owner.apiVersion)
      faults.invalid(`${at}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty');
    if (!owner.kind) faults.invalid(`${at}.kind`, owner.kind ?? '', 'must not be empty');
    if (!owner.name) faults.invalid(`${at}.name`, owner.name ?? '', 'must not be empty');
    if (!owner.uid) faults.invalid(`${at}.uid`, owner.uid ?? '', 'must not be empty');
    if (owner.controller === true) controllers++;
  }
  if (controllers > 1) {
    faults.invalid(
      'metadata.ownerReferences',
      controllers,
      'Only one reference can have Controller set to true',
    );
  }
}
