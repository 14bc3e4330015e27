import type { StoredObject } from '../cache/stored-object.ts';
import { errors } from '../errors.ts';

export interface FieldSelector {
  readonly matches: (object: StoredObject) => boolean;
  /** The values that fields must have, for finding objects and watchers without looking at all. */
  readonly exact: ReadonlyMap<string, string>;
}

/** Parses `metadata.name=a,spec.nodeName!=b`; only the given fields (and name, namespace) may be asked for. */
export function parseFieldSelector(
  text: string | null,
  selectable: readonly string[],
): FieldSelector | undefined {
  if (text === null || text.trim() === '') return undefined;
  const exact = new Map<string, string>();
  const matchers: ((object: StoredObject) => boolean)[] = [];
  for (const term of text.split(',')) {
    const match = /^\s*([^=!\s]+)\s*(==|=|!=)(.*)$/.exec(term);
    if (!match) throw errors.badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
    const [, field = '', operator = '', raw = ''] = match;
    const value = raw.trim().replace(/\\([\\,=])/g, '$1');
    const read = reader(field, selectable);
    const wanted = operator !== '!=';
    if (wanted) exact.set(field, value);
    matchers.push((object) => (read(object) === value) === wanted);
  }
  return { exact, matches: (object) => matchers.every((matches) => matches(object)) };
}

function reader(field: string, selectable: readonly string[]): (object: StoredObject) => string {
  if (field === 'metadata.name') return ({ name }) => name;
  if (field === 'metadata.namespace') return ({ namespace }) => namespace;
  if (!selectable.includes(field)) throw errors.badRequest(`field label not supported: ${field}`);
  return ({ attributes }) => attributes.fields[field] ?? '';
}
