import type { CustomResourceDefinition, JSONSchemaProps } from '../../openapi/generated/types.ts';
import { customSchemaName } from '../../openapi/resource-definition.ts';
import { type ResourceDefinition, resources } from '../../openapi/resources.ts';
import { schemaName } from '../../openapi/schema-names.ts';
import type { Registry } from '../registry/registry.ts';

const META = 'apis.meta.v1';

/** The schemas of a custom resource and of its list, by name; none for a built-in one. */
export function customSchemas(registry: Registry, definition: ResourceDefinition): Record<string, object>[] {
  const { group, version, kind, message } = definition;
  const name = customSchemaName(message);
  const crd = definitionOf(registry, definition);
  if (name === undefined || !crd) return [];
  const { spec, status } = crd;
  const schema = spec?.versions?.find((each) => each.name === version)?.schema?.openAPIV3Schema ?? {};
  const listKind = status?.acceptedNames?.listKind ?? `${kind}List`;
  return [
    { [name]: { ...asResource(schema), ...isKind(group, version, kind) } },
    { [`${name}List`]: { ...listOf(name, kind), ...isKind(group, version, listKind) } },
  ];
}

/** What defines a custom resource. */
export function definitionOf(
  registry: Registry,
  { group, resource, message }: ResourceDefinition,
): CustomResourceDefinition | undefined {
  if (customSchemaName(message) === undefined) return undefined;
  const stored = registry.of(resources.customresourcedefinitions).cache.get('', `${resource}.${group}`);
  return stored?.object as unknown as CustomResourceDefinition | undefined;
}

function isKind(group: string, version: string, kind: string): object {
  return { 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
}

const TYPE_META = {
  apiVersion: {
    type: 'string',
    description:
      'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
  },
  kind: {
    type: 'string',
    description:
      'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
  },
} as const;

const reference = (message: string): object => ({
  allOf: [{ $ref: `#/components/schemas/${schemaName(message)}` }],
});

/** A definition's schema with what every resource has. */
function asResource(schema: JSONSchemaProps): object {
  const metadata = {
    description:
      "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
    ...reference(`${META}.ObjectMeta`),
  };
  return { ...schema, properties: { ...schema.properties, ...TYPE_META, metadata } };
}

function listOf(name: string, kind: string): object {
  return {
    description: `${kind}List is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...TYPE_META,
      items: {
        description: `List of ${kind}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#lists`,
        type: 'array',
        items: { allOf: [{ $ref: `#/components/schemas/${name}` }] },
      },
      metadata: {
        description:
          'Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
        ...reference(`${META}.ListMeta`),
      },
    },
  };
}
