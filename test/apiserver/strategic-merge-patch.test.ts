import { describe, expect, it } from 'vitest';
import { strategicMergePatch } from '../../apiserver/patch/strategic-merge-patch.ts';

const POD = 'core.v1.Pod';
const containers = (...list: object[]): Record<string, unknown> => ({ spec: { containers: list } });
const apply = (target: object, patch: object, message = POD): unknown =>
  strategicMergePatch(
    structuredClone(target) as Record<string, unknown>,
    patch as Record<string, unknown>,
    message,
  );

describe('strategicMergePatch', () => {
  it('merges lists by their key, new items last', () => {
    const target = containers(
      { name: 'a', image: '1', env: [{ name: 'X', value: '1' }] },
      { name: 'b', image: '2' },
    );
    const patch = containers({ name: 'c', image: '3' }, { name: 'a', env: [{ name: 'Y', value: '2' }] });
    expect(apply(target, patch)).toEqual(
      containers(
        {
          name: 'a',
          image: '1',
          env: [
            { name: 'X', value: '1' },
            { name: 'Y', value: '2' },
          ],
        },
        { name: 'b', image: '2' },
        { name: 'c', image: '3' },
      ),
    );
  });

  it('replaces lists that have no key, and clears with null', () => {
    const target = { spec: { containers: [{ name: 'a', args: ['1', '2'], command: ['x'] }], nodeName: 'n' } };
    const patch = { spec: { containers: [{ name: 'a', args: ['3'], command: null }], nodeName: null } };
    expect(apply(target, patch)).toEqual(containers({ name: 'a', args: ['3'] }));
  });

  it('deletes items, replaces lists and maps, by $patch', () => {
    const target = { spec: { containers: [{ name: 'a' }, { name: 'b' }], nodeSelector: { a: '1', b: '2' } } };
    expect(apply(target, containers({ name: 'a', $patch: 'delete' }))).toMatchObject(
      containers({ name: 'b' }),
    );
    expect(apply(target, containers({ $patch: 'replace' }, { name: 'c' }))).toMatchObject(
      containers({ name: 'c' }),
    );
    const replaced = apply(target, { spec: { nodeSelector: { $patch: 'replace', c: '3' } } });
    expect(replaced).toMatchObject({ spec: { nodeSelector: { c: '3' } } });
    expect((replaced as { spec: { nodeSelector: object } }).spec.nodeSelector).toEqual({ c: '3' });
  });

  it('orders by $setElementOrder and leaves the server items in their places', () => {
    const target = containers({ name: 'injected' }, { name: 'a' }, { name: 'b' });
    const patch = {
      spec: {
        '$setElementOrder/containers': [{ name: 'b' }, { name: 'c' }, { name: 'a' }],
        containers: [{ name: 'c' }],
      },
    };
    const { spec } = apply(target, patch) as { spec: { containers: { name: string }[] } };
    expect(spec.containers.map(({ name }) => name)).toEqual(['injected', 'b', 'c', 'a']);
  });

  it('merges sets and takes items out of them', () => {
    const target = { metadata: { finalizers: ['a', 'b'] } };
    expect(apply(target, { metadata: { finalizers: ['c', 'a'] } })).toEqual({
      metadata: { finalizers: ['a', 'b', 'c'] },
    });
    const patch = {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], '$setElementOrder/finalizers': ['b'] },
    };
    expect(apply(target, patch)).toEqual({ metadata: { finalizers: ['b'] } });
  });

  it('keeps only $retainKeys', () => {
    const target = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    expect(apply(target, patch, 'apps.v1.Deployment')).toEqual({ spec: { strategy: { type: 'Recreate' } } });
  });

  it.each([
    containers({ image: 'no key' }),
    { spec: { containers: [1] } },
    { spec: { $patch: 'explode' } },
    { spec: { $retainKeys: 'x' } },
    { spec: { '$setElementOrder/containers': 5, containers: [] } },
    { spec: { '$deleteFromPrimitiveList/x': {} } },
  ])('refuses %j', (patch) => {
    expect(() => apply(containers({ name: 'a' }), patch)).toThrow(expect.objectContaining({ code: 400 }));
  });

  it('does not reach prototypes', () => {
    const patch = JSON.parse(
      '{"metadata":{"labels":{"__proto__":"x"}},"__proto__":{"polluted":true}}',
    ) as object;
    apply({ metadata: {} }, patch);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
