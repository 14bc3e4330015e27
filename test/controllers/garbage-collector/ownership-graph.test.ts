import { describe, expect, it } from 'vitest';
import { disposalOf, OwnershipGraph } from '../../../controllers/garbage-collector/ownership-graph.ts';
import { resources } from '../../../openapi/resources.ts';

const object = (uid: string, ...owners: string[]) => ({
  resource: resources.pods,
  metadata: { uid, ownerReferences: owners.map((owner) => ({ uid: owner })) },
});

describe('OwnershipGraph', () => {
  it('knows dependents even before their owner', () => {
    const graph = new OwnershipGraph();
    graph.put(object('pod', 'set'));
    expect(graph.dependentsOf('set').map(({ metadata }) => metadata.uid)).toEqual(['pod']);
    graph.put(object('pod', 'other'));
    expect(graph.dependentsOf('set')).toEqual([]);
    graph.remove(object('pod'));
    expect(graph.dependentsOf('other')).toEqual([]);
  });
});

describe('disposalOf', () => {
  const references = [{ uid: 'a' }, { uid: 'b' }];

  it('keeps an object while all its owners live', () => {
    expect(disposalOf(references, () => 'present')).toEqual({ kind: 'keep' });
  });

  it('drops references to the dead while one owner lives', () => {
    const state = ({ uid }: { uid?: string | undefined }) => (uid === 'a' ? 'absent' : 'present');
    expect(disposalOf(references, state)).toEqual({ kind: 'release', remaining: [{ uid: 'b' }] });
  });

  it('deletes an object when the last owner is gone', () => {
    expect(disposalOf(references, () => 'absent')).toEqual({ kind: 'delete' });
  });
});
