import { describe, expect, it } from 'vitest';
import { Faults } from '../../../openapi/faults.ts';
import type { CustomResourceDefinition } from '../../../openapi/generated/types.ts';
import { customResourceDefinitionRules as rules } from '../../../openapi/kinds/custom-resource-definition/rules.ts';
import type { Anything } from '../../apiserver/api-harness.ts';
import { widgets } from '../../apiserver/custom-resources/definitions.ts';

/** A definition as it is when it is validated. */
function prepared(definition: Anything): CustomResourceDefinition {
  const copy = structuredClone(definition) as CustomResourceDefinition;
  rules.defaults?.(copy);
  copy.status ??= { storedVersions: ['v1'] };
  return copy;
}

function faultsOf(definition: Anything): string[] {
  const faults = new Faults();
  rules.validate?.(prepared(definition), faults);
  return faults.list.map(({ field, message }) => `${field}: ${message}`);
}

function ofSchema(schema: Anything, version: Anything = {}): string[] {
  const found = faultsOf(widgets({ schema, version: { selectableFields: undefined, ...version } }));
  return found.map((each) => each.replace('spec.validation.openAPIV3Schema', 'root'));
}

const spec = (schema: Anything): Anything => ({ type: 'object', properties: { spec: schema } });
const plain = { openAPIV3Schema: spec({ type: 'object' }) };

describe('a CustomResourceDefinition', () => {
  it('may be as it should', () => {
    expect(faultsOf(widgets())).toEqual([]);
  });

  it.each<[string, Anything, string[]]>([
    [
      'no names',
      { names: { plural: '', kind: '' } },
      [
        'metadata.name: ',
        'spec.names.plural: Required',
        'spec.names.singular: Required',
        'spec.names.kind: Required',
        'spec.names.listKind: Required',
      ],
    ],
    [
      'odd names',
      { names: { kind: 'No Good', listKind: 'X' } },
      [
        'spec.names.singular: Invalid value: "no good": a DNS-1035',
        'spec.names.kind: Invalid value: "No Good": may have mixed case, but should otherwise match: a DNS-1035',
      ],
    ],
    [
      'one kind for object and list',
      { names: { listKind: 'Widget' } },
      ['spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same'],
    ],
    [
      'a group without a dot',
      { spec: { group: 'example' } },
      ['metadata.name: ', 'spec.group: Invalid value: "example": should be a domain with at least one dot'],
    ],
    ['no scope', { spec: { scope: '' } }, ['spec.scope: Required value']],
    [
      'another scope',
      { spec: { scope: 'World' } },
      ['spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
    ],
    [
      'a protected group',
      { spec: { group: 'x.k8s.io' } },
      [
        'metadata.name: ',
        'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation',
      ],
    ],
    [
      'unknown fields kept',
      { spec: { preserveUnknownFields: true } },
      ['spec.preserveUnknownFields: Invalid value: true: cannot set to true'],
    ],
    [
      'a conversion webhook',
      { spec: { conversion: { strategy: 'Webhook' } } },
      ['spec.conversion.strategy: Unsupported value: "Webhook": supported values: "None"'],
    ],
    [
      'no storage version',
      { version: { storage: false } },
      [
        'spec.versions: Invalid value: [{"name":"v1","served":true,"storage":false}]: must have exactly one version marked as storage version',
      ],
    ],
    [
      'a version without a schema',
      { version: { schema: undefined } },
      ['spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
    ],
    [
      'a version with an odd name',
      { version: { name: 'V_1' } },
      [
        'spec.versions[0].name: Invalid value: "V_1": a DNS-1035',
        'status.storedVersions: Invalid value: ["v1"]: must have the storage version V_1',
        'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions',
      ],
    ],
    [
      'a warning without need',
      { version: { deprecationWarning: 'x' } },
      ['spec.versions[0].deprecationWarning: Invalid value: "x": can only be set for deprecated versions'],
    ],
    [
      'paths that lead elsewhere',
      {
        version: {
          subresources: {
            scale: { specReplicasPath: '.status.x', statusReplicasPath: 'status', labelSelectorPath: '.x' },
          },
        },
      },
      [
        'spec.versions[0].subresources.scale.specReplicasPath: Invalid value: ".status.x": should be a json path under .spec',
        'spec.versions[0].subresources.scale.statusReplicasPath: Invalid value: "status": must be a simple json path starting with .',
        'spec.versions[0].subresources.scale.labelSelectorPath: Invalid value: ".x": should be a json path under either .spec or .status',
      ],
    ],
    [
      'columns',
      { version: { additionalPrinterColumns: [{}, { name: 'a', type: 'x', format: 'y', jsonPath: 'z' }] } },
      [
        'spec.versions[0].additionalPrinterColumns[0].name: Required',
        'spec.versions[0].additionalPrinterColumns[0].type: Required value: must be one of boolean,date,integer,number,string',
        'spec.versions[0].additionalPrinterColumns[0].JSONPath: Required',
        'spec.versions[0].additionalPrinterColumns[1].type: Invalid',
        'spec.versions[0].additionalPrinterColumns[1].format: Invalid',
        'spec.versions[0].additionalPrinterColumns[1].JSONPath: Invalid',
      ],
    ],
    [
      'fields that select',
      {
        version: {
          selectableFields: [
            { jsonPath: '.spec.nope' },
            { jsonPath: '.spec.tags' },
            { jsonPath: '.spec.color' },
            { jsonPath: '.spec.color' },
            {},
          ],
        },
      },
      [
        'spec.versions[0].selectableFields[0].jsonPath: Invalid value: ".spec.nope": is an invalid path',
        'spec.versions[0].selectableFields[1].jsonPath: Invalid value: ".spec.tags": must point to a field of type string',
        'spec.versions[0].selectableFields[3].jsonPath: Duplicate',
        'spec.versions[0].selectableFields[4].jsonPath: Required',
      ],
    ],
    [
      'two versions of one name',
      {
        spec: {
          versions: [
            { name: 'v1', served: true, storage: true, schema: plain },
            { name: 'v1', served: true, schema: plain },
          ],
        },
      },
      ['spec.versions: Invalid value'],
    ],
  ])('%s', (_, change, wanted) => {
    const found = faultsOf(widgets(change));
    expect(found.map((each, index) => each.slice(0, wanted[index]?.length))).toEqual(wanted);
  });

  it('keeps its name, group, and what it is once it is established', () => {
    const before = prepared(widgets());
    const after = prepared(widgets({ names: { kind: 'Other' }, spec: { scope: 'Cluster' } }));
    const fieldsOf = (): string[] => {
      const faults = new Faults();
      rules.validateUpdate?.(after, before, faults);
      return faults.list.map(({ field }) => field);
    };
    expect(fieldsOf()).toEqual([]);
    before.status = { conditions: [{ type: 'Established', status: 'True' }] };
    expect(fieldsOf()).toEqual(['spec.scope', 'spec.names.kind']);
  });
});

describe('its schema', () => {
  it.each<[Anything, string[]]>([
    [{}, ['root.type: Required value: must not be empty at the root']],
    [
      { type: 'string' },
      [
        'root.type: Invalid value: "string": only "object"',
        'root.type: Invalid value: "string": must be object at the root',
      ],
    ],
    [spec({}), ['root.properties[spec].type: Required value: must not be empty for specified object fields']],
    [spec({ type: 'text' }), ['root.properties[spec].type: Unsupported value: "text"']],
    [spec({ type: 'array' }), ['root.properties[spec].items: Required value: must be specified']],
    [
      spec({ type: 'array', items: [{ type: 'string' }] }),
      ['root.properties[spec].items: Forbidden: items must be a schema object and not an array'],
    ],
    [
      spec({ type: 'array', items: {} }),
      ['root.properties[spec].items.type: Required value: must not be empty for specified array items'],
    ],
    [
      spec({ type: 'string', pattern: '(' }),
      [
        'root.properties[spec].pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`',
      ],
    ],
    [spec({ type: 'object', $ref: '#/x' }), ['root.properties[spec].$ref: Forbidden: $ref is not supported']],
    [
      spec({ type: 'object', definitions: { a: {} } }),
      ['root.properties[spec].definitions: Forbidden: definitions is not supported'],
    ],
    [
      spec({ type: 'array', uniqueItems: true, items: { type: 'string' } }),
      ['root.properties[spec].uniqueItems: Forbidden: uniqueItems cannot be set to true'],
    ],
    [
      spec({
        type: 'object',
        properties: { a: { type: 'string' } },
        additionalProperties: { type: 'string' },
      }),
      [
        'root.properties[spec].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive',
      ],
    ],
    [
      spec({ type: 'integer', allOf: [{ type: 'integer', minimum: 1 }] }),
      ['root.properties[spec].allOf[0].type: Forbidden: must be empty to be structural'],
    ],
    [
      spec({ type: 'object', anyOf: [{ properties: { a: { minimum: 1 } } }] }),
      [
        'root.properties[spec].properties[a]: Required value: because it is defined in root.properties[spec].anyOf[0].properties[a]',
      ],
    ],
    [spec({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }), []],
    [
      spec({
        'x-kubernetes-int-or-string': true,
        allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { maximum: 1 }],
      }),
      [],
    ],
    [spec({ 'x-kubernetes-preserve-unknown-fields': true }), []],
    [
      spec({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }),
      [
        'root.properties[spec].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined',
      ],
    ],
    [
      spec({ type: 'object', 'x-kubernetes-embedded-resource': true }),
      [
        'root.properties[spec].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true',
      ],
    ],
    [
      spec({ type: 'string', 'x-kubernetes-list-type': 'set' }),
      [
        'root.properties[spec].type: Invalid value: "string": must be array if x-kubernetes-list-type is specified',
      ],
    ],
    [
      spec({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        items: { type: 'object', properties: { a: { type: 'string' } } },
      }),
      [
        'root.properties[spec].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
      ],
    ],
    [
      spec({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['a', 'b'],
        items: { type: 'object', properties: { a: { type: 'string' } } },
      }),
      [
        'root.properties[spec].items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys',
        'root.properties[spec].x-kubernetes-list-map-keys: Invalid value: ["a","b"]: entries must all be names of item properties',
      ],
    ],
    [
      spec({ type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } }),
      [
        'root.properties[spec].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list',
      ],
    ],
    [
      spec({ type: 'object', 'x-kubernetes-validations': [{ rule: ' ' }] }),
      ['root.properties[spec].x-kubernetes-validations[0].rule: Required value: rule is not specified'],
    ],
    [
      spec({ type: 'integer', default: 'x' }),
      [
        'root.properties[spec].default: Invalid value: "string": root.properties[spec].default in body must be of type integer: "string"',
      ],
    ],
    [
      spec({ type: 'object', default: { a: 1 } }),
      ['root.properties[spec].default: Invalid value: {"a":1}: must not have unknown fields'],
    ],
    [
      {
        type: 'object',
        properties: { metadata: { type: 'object', properties: { name: { type: 'string', pattern: '^a' } } } },
      },
      [],
    ],
    [
      {
        type: 'object',
        properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } },
      },
      ['root.properties[metadata]: Forbidden: must not specify anything other than name and generateName'],
    ],
    [
      { type: 'object', properties: { kind: { type: 'string', default: 'x' } } },
      ['root.properties[kind].default: Forbidden: must not be set in top-level kind'],
    ],
    [
      { type: 'object', anyOf: [{ required: ['a'] }] },
      ['root: Invalid value: ["anyOf"]: only [Description Type'],
    ],
    [
      { type: 'object', nullable: true },
      [
        'root: Invalid value: ["nullable"]: only',
        'root.nullable: Forbidden: nullable cannot be true at the root',
      ],
    ],
  ])('%j', (schema, wanted) => {
    const found = ofSchema(schema);
    expect(
      found.map((each, index) =>
        each.replaceAll('spec.validation.openAPIV3Schema', 'root').slice(0, wanted[index]?.length),
      ),
    ).toEqual(wanted);
  });
});
