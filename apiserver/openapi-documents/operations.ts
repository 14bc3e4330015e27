import { customSchemaName } from '../../openapi/resource-definition.ts';
import type { ResourceDefinition, SubresourceDefinition } from '../../openapi/resources.ts';
import { schemaName } from '../../openapi/schema-names.ts';

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const text = (name: string): object => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
const integer = (name: string): object => ({
  name,
  in: 'query',
  schema: { type: 'integer', uniqueItems: true },
});
const flag = (name: string): object => ({
  name,
  in: 'query',
  schema: { type: 'boolean', uniqueItems: true },
});
const inPath = (name: string): object => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', uniqueItems: true },
});

const WRITE_PARAMETERS = [text('dryRun'), text('fieldManager'), text('fieldValidation')];
const LIST_PARAMETERS = [
  flag('allowWatchBookmarks'),
  text('continue'),
  text('fieldSelector'),
  text('labelSelector'),
  integer('limit'),
  text('resourceVersion'),
  text('resourceVersionMatch'),
  flag('sendInitialEvents'),
  integer('timeoutSeconds'),
  flag('watch'),
];
const DELETE_PARAMETERS = [
  text('dryRun'),
  integer('gracePeriodSeconds'),
  flag('orphanDependents'),
  text('propagationPolicy'),
];
const CUSTOM_PATCH_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
];
const PATCH_TYPES = [...CUSTOM_PATCH_TYPES, 'application/strategic-merge-patch+json'];

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
const answer = (code: string, schema: string): object => ({
  [code]: { description: 'OK', content: { 'application/json': { schema: ref(schema) } } },
});

function operation(
  action: string,
  kind: Kind,
  schema: string,
  parameters: readonly object[],
  body?: { readonly types: readonly string[]; readonly schema: string },
): object {
  return {
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? {
          requestBody: {
            content: Object.fromEntries(body.types.map((type) => [type, { schema: ref(body.schema) }])),
          },
        }
      : {}),
    responses: answer(action === 'post' ? '201' : '200', schema),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kind,
  };
}

const PATCH_SCHEMA = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';
const STATUS_SCHEMA = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
const DELETE_OPTIONS_SCHEMA = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
const JSON_BODY = ['application/json'];

function verbOperations(
  verbs: readonly string[],
  kind: Kind,
  schema: string,
  patchTypes = PATCH_TYPES,
): Record<string, object> {
  const patchParameters = [...WRITE_PARAMETERS, flag('force')];
  const all: Readonly<Record<string, [string, object]>> = {
    get: ['get', operation('get', kind, schema, [])],
    update: ['put', operation('put', kind, schema, WRITE_PARAMETERS, { types: JSON_BODY, schema })],
    patch: [
      'patch',
      operation('patch', kind, schema, patchParameters, { types: patchTypes, schema: PATCH_SCHEMA }),
    ],
    create: ['post', operation('post', kind, schema, WRITE_PARAMETERS, { types: JSON_BODY, schema })],
    delete: [
      'delete',
      operation('delete', kind, STATUS_SCHEMA, DELETE_PARAMETERS, {
        types: JSON_BODY,
        schema: DELETE_OPTIONS_SCHEMA,
      }),
    ],
  };
  return Object.fromEntries(verbs.flatMap((verb) => (all[verb] ? [all[verb]] : [])));
}

/** kubectl looks here whether it may send a strategic merge patch. */
function patchTypesOf({ message }: ResourceDefinition): string[] {
  return customSchemaName(message) === undefined ? PATCH_TYPES : CUSTOM_PATCH_TYPES;
}

function collectionOperations({ verbs, message }: ResourceDefinition, kind: Kind): Record<string, object> {
  const schema = schemaName(message);
  const list = `${schema}List`;
  return {
    ...(verbs.includes('list') ? { get: operation('list', kind, list, LIST_PARAMETERS) } : {}),
    ...verbOperations(verbs.includes('create') ? ['create'] : [], kind, schema),
    ...(verbs.includes('deletecollection')
      ? {
          delete: operation('deletecollection', kind, STATUS_SCHEMA, [
            ...LIST_PARAMETERS,
            ...DELETE_PARAMETERS,
          ]),
        }
      : {}),
  };
}

/** The paths of a resource and its subresources. */
export function resourcePaths(definition: ResourceDefinition, root: string): Record<string, object> {
  const { group, version, kind, resource, namespaced, verbs, message } = definition;
  const own: Kind = { group, version, kind };
  const parent = namespaced ? `${root}/namespaces/{namespace}` : root;
  const namespace = namespaced ? [inPath('namespace')] : [];
  const item = [inPath('name'), ...namespace];
  const path = `${parent}/${resource}`;
  const list = { get: operation('list', own, `${schemaName(message)}List`, LIST_PARAMETERS) };
  return {
    ...(namespaced ? { [`${root}/${resource}`]: list } : {}),
    [path]: { ...collectionOperations(definition, own), ...(namespaced ? { parameters: namespace } : {}) },
    [`${path}/{name}`]: {
      ...verbOperations(
        verbs.filter((verb) => verb !== 'create'),
        own,
        schemaName(message),
        patchTypesOf(definition),
      ),
      parameters: item,
    },
    ...Object.fromEntries(
      definition.subresources.map((each) => [
        `${path}/{name}/${each.name}`,
        { ...subresourceOperations(definition, each), parameters: item },
      ]),
    ),
  };
}

function subresourceOperations(
  definition: ResourceDefinition,
  subresource: SubresourceDefinition,
): Record<string, object> {
  const kind: Kind = {
    group: subresource.group ?? definition.group,
    version: subresource.version ?? definition.version,
    kind: subresource.kind ?? definition.kind,
  };
  const hasSchema = subresource.kind === undefined || subresource.message !== undefined;
  const schema = hasSchema ? schemaName(subresource.message ?? definition.message) : STATUS_SCHEMA;
  return verbOperations(subresource.verbs, kind, schema, patchTypesOf(definition));
}
