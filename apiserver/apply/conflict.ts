import type { StatusCause } from '../errors.ts';
import { type FieldTree, pathsOf } from './field-tree.ts';
import type { Ownership } from './managers.ts';

/** What an apply would take from a manager. */
export interface Conflict {
  readonly manager: Ownership;
  readonly fields: FieldTree;
}

/** An apply that is not forced meets fields that others own. */
export class ApplyConflict extends Error {
  override readonly name = 'ApplyConflict';
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super(messageOf(conflicts));
    this.conflicts = conflicts;
  }

  get causes(): StatusCause[] {
    return this.conflicts.flatMap(({ manager, fields }) =>
      pathsOf(fields).map((field) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${describe(manager)}`,
        field,
      })),
    );
  }
}

/** As kubectl's users know it (k8s managedfields/internal/conflict.go). */
function messageOf(conflicts: readonly Conflict[]): string {
  const lists = conflicts
    .map(({ manager, fields }) => ({ who: describe(manager), paths: pathsOf(fields) }))
    .sort((a, b) => (a.who < b.who ? -1 : 1));
  const count = lists.reduce((sum, { paths }) => sum + paths.length, 0);
  if (count === 1)
    return `Apply failed with 1 conflict: conflict with ${lists[0]!.who}: ${lists[0]!.paths[0]}`;
  const texts = lists.map(({ who, paths }) =>
    [`conflicts with ${who}:`, ...paths.map((path) => `- ${path}`)].join('\n'),
  );
  return `Apply failed with ${count} conflicts: ${texts.join('\n')}`;
}

function describe({ manager, operation, apiVersion, subresource }: Ownership): string {
  const part = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  const how = operation === 'Update' ? ` using ${apiVersion}` : '';
  return `${JSON.stringify(manager)}${part}${how}`;
}
