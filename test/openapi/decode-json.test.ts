import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, decodeJson } from '../../openapi/decode-json.ts';
import { allResources } from '../../openapi/resources.ts';
import { createSchemaSet } from '../../openapi/schema.ts';
import { sampleObject } from './sample-object.ts';

const SERVICE = 'core.v1.Service';

describe('decodeJson', () => {
  it.each([
    [
      { spec: { ports: [{ port: '80' }] } },
      'json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [
      { spec: { ports: [{ port: 80.5 }] } },
      'json: cannot unmarshal number 80.5 into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [
      { spec: { ports: [{ port: 3e9 }] } },
      'json: cannot unmarshal number 3000000000 into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [{ spec: [] }, 'json: cannot unmarshal array into Go struct field Service.spec of type v1.ServiceSpec'],
    [
      { spec: { selector: 'a' } },
      'json: cannot unmarshal string into Go struct field ServiceSpec.spec.selector of type map[string]string',
    ],
    [
      { spec: { selector: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field ServiceSpec.spec.selector of type string',
    ],
    [{ metadata: { creationTimestamp: 'yesterday' } }, 'parsing time "yesterday"'],
    ['text', 'json: cannot unmarshal string into Go value of type v1.Service'],
  ])('refuses %j as Go does', (value, message) => {
    expect(() => decodeJson(SERVICE, value)).toThrow(DecodeError);
    expect(() => decodeJson(SERVICE, value)).toThrow(message);
  });

  it('names unknown fields with their paths and drops nulls', () => {
    const value = {
      metadata: { name: 'a', creationTimestamp: null },
      spec: { ports: [{ port: 1, colour: 'x' }] },
      extra: 1,
    };
    expect(decodeJson(SERVICE, value)).toEqual({
      object: { metadata: { name: 'a' }, spec: { ports: [{ port: 1 }] } },
      unknownFields: ['spec.ports[0].colour', 'extra'],
    });
  });

  it('makes quantities canonical', () => {
    const value = { spec: { containers: [{ resources: { limits: { cpu: 0.5, memory: '1024Mi' } } }] } };
    const { object } = decodeJson('core.v1.Pod', value);
    expect(object).toEqual({
      spec: { containers: [{ resources: { limits: { cpu: '500m', memory: '1Gi' } } }] },
    });
  });

  it('takes hostile keys as data', () => {
    const value = JSON.parse('{"metadata":{"labels":{"__proto__":"x","constructor":"y"}}}') as unknown;
    const { object } = decodeJson(SERVICE, value) as unknown as {
      object: { metadata: { labels: Record<string, string> } };
    };
    expect(Object.keys(object.metadata.labels)).toEqual(['__proto__', 'constructor']);
    expect(({} as { x?: string }).x).toBeUndefined();
  });

  it('agrees with the zod schema about any change of one value', () => {
    const set = createSchemaSet();
    // The document of a CustomResourceDefinition says nothing of what JSON schemas may hold.
    for (const { message } of allResources.filter(({ kind }) => kind !== 'CustomResourceDefinition')) {
      const schema = set.of(message, true);
      const sample = sampleObject(message);
      expect(schema.safeParse(sample).success).toBe(true);
      const paths = leaves(sample);
      fc.assert(
        fc.property(
          fc.constantFrom(...paths),
          fc.constantFrom('text', 7, 1.5, true, [], {}),
          (path, value) => {
            const changed = withValue(sample, path, value);
            const zod = schema.safeParse(changed).success;
            // Text has a form (base64, a time, a quantity) and integers a size that only the decoder checks.
            if (zod && value === 'text') return;
            expect([path, value, accepts(message, changed)]).toEqual([path, value, zod]);
          },
        ),
        { numRuns: 60 },
      );
    }
  });
});

function accepts(message: string, value: unknown): boolean {
  try {
    decodeJson(message, value);
    return true;
  } catch {
    return false;
  }
}

type Path = readonly (string | number)[];

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function withValue(object: object, path: Path, value: unknown): unknown {
  const copy = structuredClone(object) as Record<string | number, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = value;
  return copy;
}
