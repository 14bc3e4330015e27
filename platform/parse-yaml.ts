import { JSON_SCHEMA, load } from 'js-yaml';

/** Aliases may repeat a part of a document without end: what they stand for is counted, and bounded. */
const MAX_NODES = 200_000;
const MAX_DEPTH = 200;

/** One document of YAML that could have been JSON, with nothing shared between its parts; an Error for anything else. */
export function parseYaml(text: string): unknown {
  try {
    return plain(load(text, { schema: JSON_SCHEMA }), { nodes: 0 }, 0);
  } catch (error) {
    throw new Error(`yaml: ${error instanceof Error ? error.message.split('\n', 1)[0] : error}`);
  }
}

function plain(value: unknown, count: { nodes: number }, depth: number): unknown {
  if (++count.nodes > MAX_NODES || depth > MAX_DEPTH) throw new Error('the document is too large');
  if (Array.isArray(value)) return value.map((item) => plain(item, count, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, plain(item, count, depth + 1)] as const);
  return Object.fromEntries(entries);
}
