import { deepEqual } from '../../deep-equal.ts';
import type { Faults } from '../../faults.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../../generated/types.ts';
import type { KindRules } from '../kind-rules.ts';
import { nameFault, subdomainFault } from '../names.ts';
import { approvalFaults } from './api-approval.ts';
import { validateNames } from './names.ts';
import { validateSchema } from './schema.ts';
import { validateVersion } from './version.ts';

/** CustomResourceDefinitions (k8s apiextensions-apiserver pkg/apis/apiextensions v1/defaults.go, validation). */
export const customResourceDefinitionRules: KindRules<CustomResourceDefinition> = {
  defaults({ spec }) {
    if (!spec) return;
    spec.conversion ??= { strategy: 'None' };
    if (spec.preserveUnknownFields === false) delete spec.preserveUnknownFields;
    const names = (spec.names ??= {});
    if (!names.kind) return;
    names.singular ||= names.kind.toLowerCase();
    names.listKind ||= `${names.kind}List`;
  },
  validate(definition, faults) {
    const { metadata, spec = {}, status = {} } = definition;
    const wanted = `${spec.names?.plural ?? ''}.${spec.group ?? ''}`;
    if (metadata.name !== wanted) {
      faults.invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group');
    }
    validateSpec(spec, faults);
    validateNames(status.acceptedNames ?? {}, 'status.acceptedNames', faults);
    validateStoredVersions(definition, faults);
    approvalFaults(definition, faults);
  },
  validateUpdate({ spec = {} }, { spec: before = {}, status }, faults) {
    const immutable = (field: string, value: unknown, previous: unknown): void => {
      if (value !== previous) faults.invalid(field, value, 'field is immutable');
    };
    if (status?.conditions?.some(({ type, status: state }) => type === 'Established' && state === 'True')) {
      immutable('spec.scope', spec.scope, before.scope);
      immutable('spec.names.kind', spec.names?.kind, before.names?.kind);
    }
    immutable('spec.group', spec.group, before.group);
    immutable('spec.names.plural', spec.names?.plural, before.names?.plural);
  },
};

const SCOPES = ['Cluster', 'Namespaced'];

function validateSpec(spec: CustomResourceDefinitionSpec, faults: Faults): void {
  const { group = '', scope = '', names = {}, versions = [], conversion, preserveUnknownFields } = spec;
  validateGroup(group, faults);
  if (scope === '') faults.required('spec.scope');
  else if (!SCOPES.includes(scope)) faults.notSupported('spec.scope', scope, SCOPES);
  if (preserveUnknownFields) {
    faults.invalid(
      'spec.preserveUnknownFields',
      true,
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    );
  }
  validateVersions(versions, faults);
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    if (!names[field]) faults.required(`spec.names.${field}`);
  }
  validateNames(names as CustomResourceDefinitionNames, 'spec.names', faults);
  // Conversion webhooks are not called yet; to accept one would promise that they are.
  if (conversion && conversion.strategy !== 'None') {
    if (!conversion.strategy) faults.required('spec.conversion.strategy');
    else faults.notSupported('spec.conversion.strategy', conversion.strategy, ['None']);
  } else if (conversion?.webhook) {
    faults.forbidden(
      'spec.conversion.webhookClientConfig',
      'should not be set when strategy is not set to Webhook',
    );
  }
}

function validateGroup(group: string, faults: Faults): void {
  const fault = subdomainFault(group);
  if (group === '') faults.required('spec.group');
  else if (fault !== undefined) faults.invalid('spec.group', group, fault);
  else if (!group.includes('.')) {
    faults.invalid('spec.group', group, 'should be a domain with at least one dot');
  }
}

function validateVersions(versions: readonly CustomResourceDefinitionVersion[], faults: Faults): void {
  // Versions that have one schema have it in one place, and faults are reported once, as if it stood there.
  const [first] = versions;
  const isShared = versions.every(({ schema }) => schema && deepEqual(schema, first?.schema));
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    const { name = '', schema } = version;
    const fault = nameFault(name, 'dns-1035-label');
    if (fault !== undefined) faults.invalid(`${at}.name`, name, fault);
    if (!schema?.openAPIV3Schema) {
      faults.required(`${at}.schema.openAPIV3Schema`, 'schemas are required');
      continue;
    }
    const schemaAt = isShared ? 'spec.validation.openAPIV3Schema' : `${at}.schema.openAPIV3Schema`;
    const hasStatus = version.subresources?.status !== undefined;
    const isSound =
      isShared && index > 0 ? true : validateSchema(schema.openAPIV3Schema, hasStatus, schemaAt, faults);
    validateVersion(version, isSound, at, faults);
  }
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    faults.invalid('spec.versions', summary(versions), 'must contain unique version names');
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    faults.invalid(
      'spec.versions',
      summary(versions),
      'must have exactly one version marked as storage version',
    );
  }
}

/** A list of versions without their schemas, which would drown the message. */
function summary(versions: readonly CustomResourceDefinitionVersion[]): unknown {
  return versions.map(({ name, served, storage }) => ({ name, served, storage }));
}

function validateStoredVersions({ spec, status }: CustomResourceDefinition, faults: Faults): void {
  const at = 'status.storedVersions';
  const stored = status?.storedVersions ?? [];
  const versions = spec?.versions ?? [];
  if (stored.length === 0) return faults.invalid(at, stored, 'must have at least one stored version');
  for (const { name = '', storage } of versions) {
    if (storage && !stored.includes(name))
      faults.invalid(at, stored, `must have the storage version ${name}`);
  }
  for (const [index, name] of stored.entries()) {
    if (versions.some((version) => version.name === name)) continue;
    faults.invalid(
      `${at}[${index}]`,
      name,
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
    );
  }
}
