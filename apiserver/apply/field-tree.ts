/**
 * A set of fields in the form of metav1.FieldsV1 (structured-merge-diff fieldpath/serialize.go): children by
 * path element (`f:name`, `k:{"name":"x"}`, `v:"x"`). A node belongs to the set if it has no children or has
 * the child `.`. The root belongs to no set, and an empty set is undefined. Trees are shared: never change
 * one.
 */
export interface FieldTree {
  readonly [element: string]: FieldTree;
}

/** A node that is in the set, with nothing below it. */
export const LEAF: FieldTree = Object.freeze({});

const SELF = '.';

/** Whether a node is in the set itself, not only something below it. */
export function isMember(node: FieldTree): boolean {
  if (SELF in node) return true;
  for (const _ in node) return false;
  return true;
}

export function children(node: FieldTree): string[] {
  return Object.keys(node).filter((element) => element !== SELF);
}

/** A node of the given children; undefined when nothing of it is in the set. */
export function nodeOf(member: boolean, below: Readonly<Record<string, FieldTree>>): FieldTree | undefined {
  for (const _ in below) return member ? { [SELF]: LEAF, ...below } : below;
  return member ? LEAF : undefined;
}

export function union(a: FieldTree | undefined, b: FieldTree | undefined): FieldTree | undefined {
  if (!a || !b || a === b) return a ?? b;
  return unite(a, b);
}

/** Gives back `a` itself when `b` adds nothing. */
function unite(a: FieldTree, b: FieldTree): FieldTree {
  let below: Record<string, FieldTree> | undefined;
  for (const element of children(b)) {
    const present = a[element];
    const united = present ? unite(present, b[element]!) : b[element]!;
    if (united === present) continue;
    below ??= withChildren(a);
    below[element] = united;
  }
  const isIn = isMember(a) || isMember(b);
  if (!below && isIn === isMember(a)) return a;
  return nodeOf(isIn, below ?? withChildren(a)) ?? LEAF;
}

/** What is in `a` and not in `b`, node by node; `a` itself when nothing is. */
export function difference(a: FieldTree | undefined, b: FieldTree | undefined): FieldTree | undefined {
  if (!a || !b) return a;
  let below: Record<string, FieldTree> | undefined;
  for (const element of children(a)) {
    const inner = b[element];
    if (!inner) continue;
    const rest = difference(a[element], inner);
    if (rest === a[element]) continue;
    below ??= withChildren(a);
    if (rest) below[element] = rest;
    else delete below[element];
  }
  const loses = isMember(a) && isMember(b);
  if (!below && !loses) return a;
  return nodeOf(isMember(a) && !isMember(b), below ?? withChildren(a));
}

export function intersection(a: FieldTree | undefined, b: FieldTree | undefined): FieldTree | undefined {
  if (!a || !b) return undefined;
  const below: Record<string, FieldTree> = {};
  for (const element of children(a)) {
    const common = intersection(a[element], b[element]);
    if (common) below[element] = common;
  }
  return nodeOf(isMember(a) && isMember(b), below);
}

function withChildren(node: FieldTree): Record<string, FieldTree> {
  const { [SELF]: _, ...below } = node;
  return below;
}

/** Every field in a set as Kubernetes prints it: `.spec.containers[name="web"].image`. */
export function pathsOf(tree: FieldTree, prefix = ''): string[] {
  return children(tree)
    .sort()
    .flatMap((element) => {
      const node = tree[element]!;
      const path = prefix + elementText(element);
      return isMember(node) ? [path, ...pathsOf(node, path)] : pathsOf(node, path);
    });
}

function elementText(element: string): string {
  const value = element.slice(2);
  switch (element[0]) {
    case 'k': {
      const keys = JSON.parse(value) as Record<string, unknown>;
      return `[${Object.entries(keys)
        .map(([key, each]) => `${key}=${JSON.stringify(each)}`)
        .join(',')}]`;
    }
    case 'v':
      return `[=${value}]`;
    case 'i':
      return `[${value}]`;
    default:
      return `.${value}`;
  }
}
