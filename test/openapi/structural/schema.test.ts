import { describe, expect, it } from 'vitest';
import { Faults } from '../../../openapi/faults.ts';
import type { JSONSchemaProps } from '../../../openapi/generated/types.ts';
import { applyDefaults } from '../../../openapi/structural/apply-defaults.ts';
import { isOfFormat } from '../../../openapi/structural/formats.ts';
import { pruneUnknown } from '../../../openapi/structural/prune.ts';
import { compileSchema } from '../../../openapi/structural/structural-schema.ts';
import { validateValue } from '../../../openapi/structural/validate-value.ts';

function faultsOf(schema: JSONSchemaProps, value: unknown, previous?: unknown): string[] {
  const faults = new Faults();
  validateValue(compileSchema(schema), value, previous, 'x', faults);
  return faults.list.map(({ field, message }) => `${field}: ${message}`);
}

describe('validation', () => {
  it.each<[JSONSchemaProps, unknown, string[]]>([
    [{ type: 'integer' }, 1, []],
    [{ type: 'number' }, 1, []],
    [{ type: 'integer' }, null, ['x: Invalid value: "null": x in body must be of type integer: "null"']],
    [{ type: 'integer', nullable: true }, null, []],
    [{ 'x-kubernetes-int-or-string': true }, '80%', []],
    [
      { 'x-kubernetes-int-or-string': true },
      true,
      ['x: Invalid value: "boolean": x in body must be of type integer,string: "boolean"'],
    ],
    [
      { type: 'number', exclusiveMaximum: true, maximum: 3 },
      3,
      ['x: Invalid value: 3: x in body should be less than 3'],
    ],
    [
      { type: 'integer', minimum: 2 },
      1,
      ['x: Invalid value: 1: x in body should be greater than or equal to 2'],
    ],
    [{ type: 'integer', multipleOf: 5 }, 7, ['x: Invalid value: 7: x in body should be a multiple of 5']],
    [{ type: 'string', maxLength: 2 }, 'äöü', ['x: Too long: may not be more than 2 bytes']],
    [
      { type: 'string', minLength: 1 },
      '',
      ['x: Invalid value: "": x in body should be at least 1 chars long'],
    ],
    [{ type: 'string', pattern: '^a$' }, 'b', [`x: Invalid value: "b": x in body should match '^a$'`]],
    [{ type: 'string', format: 'ipv4' }, 'b', ['x: Invalid value: "b": x in body must be of type ipv4: "b"']],
    [
      { type: 'array', items: { type: 'string' }, maxItems: 1 },
      ['a', 'b'],
      ['x: Too many: 2: must have at most 1 items'],
    ],
    [
      { type: 'array', items: { type: 'string' }, minItems: 1 },
      [],
      ['x: Invalid value: 0: x in body should have at least 1 items'],
    ],
    [
      { type: 'object', additionalProperties: { type: 'string' }, minProperties: 2 },
      { a: 1 },
      [
        'x: Invalid value: 1: x in body should have at least 2 properties',
        'x.a: Invalid value: "integer": x.a in body must be of type string: "integer"',
      ],
    ],
    [{ type: 'integer', enum: [1, 2] }, 3, ['x: Unsupported value: 3: supported values: "1", "2"']],
    [
      {
        type: 'object',
        properties: { a: { type: 'integer' } },
        anyOf: [{ required: ['a'] }, { required: ['b'] }],
      },
      {},
      ['<nil>: Invalid value: "": "x" must validate at least one schema (anyOf)', 'x.a: Required value'],
    ],
    [
      { type: 'integer', oneOf: [{ minimum: 1 }, { maximum: 5 }] },
      3,
      [
        '<nil>: Invalid value: "": "x" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      ],
    ],
    [
      { type: 'integer', allOf: [{ minimum: 1 }, { maximum: 5 }] },
      9,
      [
        'x: Invalid value: 9: x in body should be less than or equal to 5',
        '<nil>: Invalid value: "": "x" must validate all the schemas (allOf)',
      ],
    ],
    [
      { type: 'integer', not: { minimum: 1 } },
      3,
      ['<nil>: Invalid value: "": "x" must not validate the schema (not)'],
    ],
  ])('%j of %j', (schema, value, wanted) => {
    expect(faultsOf(schema, value)).toEqual(wanted);
  });

  it('lets pass what was there before', () => {
    const schema: JSONSchemaProps = {
      type: 'object',
      properties: { a: { type: 'integer', maximum: 1 }, b: { type: 'integer', maximum: 1 } },
    };
    expect(faultsOf(schema, { a: 5, b: 5 }, { a: 5, b: 0 })).toEqual([
      'x.b: Invalid value: 5: x.b in body should be less than or equal to 1',
    ]);
  });

  it('knows formats', () => {
    const good: readonly (readonly [string, string])[] = [
      ['date-time', '2024-02-29T10:00:00Z'],
      ['date', '2024-02-29'],
      ['duration', '1h30m'],
      ['uuid', '123e4567-e89b-12d3-a456-426614174000'],
      ['cidr', '10.0.0.0/8'],
      ['mac', '01:23:45:67:89:ab'],
      ['uri', 'https://example.com/a'],
      ['email', 'a@b.c'],
      ['hostname', 'a.example.com'],
      ['byte', 'YQ=='],
      ['whatever', 'anything'],
    ];
    for (const [format, text] of good) expect(isOfFormat(text, format), `${format} ${text}`).toBe(true);
    const bad: readonly (readonly [string, string])[] = [
      ['date-time', '2024-02-30T10:00:00Z'],
      ['date-time', 'yesterday'],
      ['date', '2023-02-29'],
      ['duration', 'soon'],
      ['uuid', '123'],
      ['cidr', '10.0.0.0/33'],
      ['ipv6', '10.0.0.1'],
      ['uri', 'nothing'],
      ['email', 'a b'],
      ['hostname', '-.-'],
      ['byte', '%'],
    ];
    for (const [format, text] of bad) expect(isOfFormat(text, format), `${format} ${text}`).toBe(false);
  });
});

describe('pruning and defaults', () => {
  const schema = compileSchema({
    type: 'object',
    properties: {
      known: {
        type: 'object',
        properties: { a: { type: 'string', default: 'x' }, n: { type: 'string', nullable: true } },
      },
      map: {
        type: 'object',
        additionalProperties: { type: 'object', properties: { a: { type: 'string', default: 'x' } } },
      },
      list: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
      free: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { in: { type: 'object' } },
      },
      pod: {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        properties: { spec: { type: 'object' } },
      },
    },
  });

  it('leave what the schema knows', () => {
    const value = {
      known: { a: 'b', z: 1 },
      map: { any: { a: 'b', z: 1 } },
      list: [{ a: 'b' }, { z: 1 }],
      free: { any: { thing: 1 }, in: { z: 1 } },
      pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: {}, z: 1 },
      z: 1,
    };
    const pruned: string[] = [];
    pruneUnknown(value, schema, false, '', pruned);
    expect(pruned).toEqual(['known.z', 'map.any.z', 'list[1].z', 'free.in.z', 'pod.z', 'z']);
    expect(value).toEqual({
      known: { a: 'b' },
      map: { any: { a: 'b' } },
      list: [{ a: 'b' }, {}],
      free: { any: { thing: 1 }, in: {} },
      pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: {} },
    });
  });

  it('fill in what is missing or null', () => {
    const value = { known: { a: null, n: null }, map: { one: {}, two: null }, list: null };
    expect(applyDefaults(value, schema)).toBe(true);
    expect(value).toEqual({ known: { a: 'x', n: null }, map: { one: { a: 'x' } } });
    expect(applyDefaults(value, schema)).toBe(false);
  });

  it('meet names of prototypes as any other', () => {
    const props = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"object","properties":{"a":{"type":"string","default":"x"}}},"constructor":{"type":"string","default":"c"}},"required":["toString"]}',
    ) as JSONSchemaProps;
    const value = JSON.parse('{"__proto__":{"b":1}}') as Record<string, unknown>;
    const compiled = compileSchema(props);
    const pruned: string[] = [];
    pruneUnknown(value, compiled, false, '', pruned);
    applyDefaults(value, compiled);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"a":"x"},"constructor":"c"}');
    expect(pruned).toEqual(['__proto__.b']);
    expect(faultsOf(props, value)).toEqual(['x.toString: Required value']);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });
});
