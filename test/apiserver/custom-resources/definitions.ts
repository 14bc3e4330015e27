import type { Anything, ApiHarness } from '../api-harness.ts';

export const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets';

interface Options {
  readonly schema?: Anything;
  readonly version?: Anything;
  readonly names?: Anything;
  readonly spec?: Anything;
}

const SPEC = {
  type: 'object',
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    color: { type: 'string', default: 'red', enum: ['red', 'green'] },
    replicas: { type: 'integer', default: 1 },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: {
        type: 'object',
        required: ['port'],
        properties: {
          port: { type: 'integer' },
          protocol: { type: 'string', default: 'TCP' },
          name: { type: 'string' },
        },
      },
    },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    limit: { 'x-kubernetes-int-or-string': true },
  },
};

const SCHEMA = {
  type: 'object',
  properties: {
    spec: SPEC,
    status: {
      type: 'object',
      properties: { replicas: { type: 'integer' }, selector: { type: 'string' }, phase: { type: 'string' } },
    },
  },
};

/** A definition of namespaced Widgets with status and scale. */
export function widgets({ schema = SCHEMA, version = {}, names = {}, spec = {} }: Options = {}): Anything {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'], ...names },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
            { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 },
          ],
          selectableFields: [{ jsonPath: '.spec.color' }],
          ...version,
        },
      ],
      ...spec,
    },
  };
}

export function widget(name: string, spec: Anything = {}, more: Anything = {}): Anything {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, spec, ...more };
}

/** Creates a definition and waits until it is established. */
export async function define(api: ApiHarness, definition: Anything): Promise<Anything> {
  await api.ok('POST', DEFINITIONS, definition);
  return settled(api, definition.metadata.name, (crd) => isTrue(crd, 'Established'));
}

export function isTrue(crd: Anything, type: string): boolean {
  return conditionOf(crd, type)?.status === 'True';
}

export function conditionOf(crd: Anything, type: string): Anything | undefined {
  return crd.status?.conditions?.find((condition: Anything) => condition.type === type);
}

/** A definition as soon as it is as wanted. */
export async function settled(
  api: ApiHarness,
  name: string,
  isWanted: (crd: Anything) => boolean,
): Promise<Anything> {
  const watch = await api.watch(`${DEFINITIONS}?watch=1&fieldSelector=metadata.name=${name}`);
  try {
    for (let count = 1; ; count++) {
      const { object } = (await watch.first(count)).at(-1)!;
      if (isWanted(object)) return object;
    }
  } finally {
    watch.stop();
  }
}

/** Resolves when a definition is gone. */
export async function gone(api: ApiHarness, name: string): Promise<void> {
  const watch = await api.watch(`${DEFINITIONS}?watch=1&fieldSelector=metadata.name=${name}`);
  for (let count = 1; (await api.call('GET', `${DEFINITIONS}/${name}`)).status === 200; count++) {
    await watch.first(count);
  }
  watch.stop();
}
