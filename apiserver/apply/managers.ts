import { isJsonObject, type JsonObject, setOwn } from '../../openapi/decode-json.ts';
import type { ManagedFieldsEntry } from '../../openapi/generated/types.ts';
import { type FieldTree, LEAF, union } from './field-tree.ts';

/** Who did something, in which way: what tells one entry of managedFields from another. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
}

/** A manager and what it owns. */
export interface Ownership extends Manager {
  readonly time: string | undefined;
  readonly fields: FieldTree;
}

/** An applier stays itself across versions (k8s managedfields/internal/buildmanagerinfo.go). */
export function isSameManager(a: Manager, b: Manager): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

/** The owners that metadata.managedFields names, as this server wrote it. */
export function ownersOf(entries: readonly ManagedFieldsEntry[] | undefined): Ownership[] {
  return (entries ?? []).map(({ manager = '', operation, apiVersion = '', subresource = '', ...entry }) => ({
    manager,
    operation: operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion,
    subresource,
    time: entry.time,
    fields: (entry.fieldsV1 ?? LEAF) as FieldTree,
  }));
}

/** The same of what a client wrote, in our spelling; undefined when it is not well formed. */
export function parseOwners(entries: readonly ManagedFieldsEntry[]): Ownership[] | undefined {
  const owners: Ownership[] = [];
  for (const [index, owner] of ownersOf(entries).entries()) {
    const { operation, fieldsType } = entries[index]!;
    const fields = canonical(owner.fields);
    if (!fields || operation !== owner.operation || fieldsType !== 'FieldsV1') return undefined;
    const at = owners.findIndex((other) => isSameManager(other, owner));
    if (at === -1) owners.push({ ...owner, fields });
    else owners[at] = { ...owner, fields: union(owners[at]!.fields, fields) ?? LEAF };
  }
  return owners;
}

const ELEMENT = /^(?:\.|[fkvi]:.*)$/s;
const MAX_DEPTH = 100;

/** The tree itself when it is well formed; another spelling of a list key is brought into ours. */
function canonical(node: unknown, depth = 0): FieldTree | undefined {
  if (!isJsonObject(node) || depth > MAX_DEPTH) return undefined;
  const result: JsonObject = {};
  let same = true;
  for (const element of Object.keys(node)) {
    const name = canonicalElement(element);
    const inner = name === undefined ? undefined : canonical(node[element], depth + 1);
    if (name === undefined || !inner) return undefined;
    if (name !== element || inner !== node[element]) same = false;
    setOwn(result, name, inner);
  }
  return same ? (node as FieldTree) : (result as unknown as FieldTree);
}

function canonicalElement(element: string): string | undefined {
  if (!ELEMENT.test(element)) return undefined;
  if (!element.startsWith('k:') && !element.startsWith('v:')) return element;
  try {
    const value: unknown = JSON.parse(element.slice(2));
    if (element.startsWith('v:')) return `v:${JSON.stringify(value)}`;
    if (!isJsonObject(value)) return undefined;
    const sorted = Object.keys(value).sort();
    return `k:{${sorted.map((key) => `${JSON.stringify(key)}:${JSON.stringify(value[key])}`).join(',')}}`;
  } catch {
    return undefined;
  }
}

/** metadata.managedFields: appliers first, then by time and name, as Kubernetes orders it. */
export function entriesOf(owners: readonly Ownership[]): ManagedFieldsEntry[] | undefined {
  if (owners.length === 0) return undefined;
  return [...owners].sort(byTime).map(({ manager, operation, apiVersion, time, fields, subresource }) => ({
    ...(manager === '' ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource === '' ? {} : { subresource }),
  }));
}

function byTime(a: Ownership, b: Ownership): number {
  return (
    compare(a.operation, b.operation) ||
    compare(a.time ?? '', b.time ?? '') ||
    compare(a.manager, b.manager) ||
    compare(a.apiVersion, b.apiVersion) ||
    compare(a.subresource, b.subresource)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const MAX_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/**
 * Keeps at most ten updaters: the oldest of the same version become one
 * (k8s managedfields/internal/capmanagers.go).
 */
export function capUpdaters(owners: readonly Ownership[]): readonly Ownership[] {
  const updaters = owners.filter(({ operation }) => operation === 'Update').sort(byTime);
  let excess = updaters.length - MAX_UPDATERS;
  if (excess <= 0) return owners;
  const kept = new Set(owners);
  const buckets = new Map<string, Ownership>();
  for (const oldest of updaters) {
    const { apiVersion } = oldest;
    const bucket = buckets.get(apiVersion);
    if (!bucket) buckets.set(apiVersion, oldest);
    else if (excess > 0) {
      const fields = union(bucket.fields, oldest.fields) ?? LEAF;
      const merged: Ownership = { ...oldest, manager: ANCIENT, subresource: '', fields };
      kept.delete(bucket);
      kept.delete(oldest);
      kept.add(merged);
      buckets.set(apiVersion, merged);
      excess--;
    }
  }
  return [...kept];
}
