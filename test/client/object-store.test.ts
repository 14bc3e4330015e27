import { expect, it } from 'vitest';
import { ObjectStore } from '../../client/object-store.ts';

interface Thing {
  readonly id: string;
  readonly tags: readonly string[];
}

it('follows an object from one index value to another', () => {
  const store = new ObjectStore<Thing>(({ id }) => id, { tag: ({ tags }) => tags });
  store.put({ id: 'a', tags: ['x', 'y'] });
  store.put({ id: 'b', tags: ['x'] });
  expect(store.byIndex('tag', 'x').map(({ id }) => id)).toEqual(['a', 'b']);
  expect(store.put({ id: 'a', tags: ['z'] })).toEqual({ id: 'a', tags: ['x', 'y'] });
  expect(store.byIndex('tag', 'x').map(({ id }) => id)).toEqual(['b']);
  expect(store.byIndex('tag', 'y')).toEqual([]);
  expect(store.byIndex('tag', 'z').map(({ id }) => id)).toEqual(['a']);
});

it('indexes what was there before the index', () => {
  const store = new ObjectStore<Thing>(({ id }) => id);
  store.put({ id: 'a', tags: ['x'] });
  store.addIndex('tag', ({ tags }) => tags);
  expect(store.byIndex('tag', 'x')).toHaveLength(1);
  expect(store.delete({ id: 'a', tags: [] })).toBe(true);
  expect(store.byIndex('tag', 'x')).toEqual([]);
  expect(store.delete({ id: 'a', tags: [] })).toBe(false);
});
