import { JSON_SCHEMA, load } from 'js-yaml';
import { errors } from './errors.ts';
import { utf8 } from './parse-json.ts';

/** Aliases may repeat a part of a document without end: what they stand for is counted, and bounded. */
const MAX_NODES = 200_000;
const MAX_DEPTH = 200;

/** YAML that could have been JSON, with nothing shared between its parts; 400 for anything else. */
export function parseYaml(body: Uint8Array): unknown {
  try {
    return plain(load(utf8(body), { schema: JSON_SCHEMA }), { nodes: 0 }, 0);
  } catch (error) {
    throw errors.badRequest(`yaml: ${error instanceof Error ? error.message.split('\n', 1)[0] : error}`);
  }
}

function plain(value: unknown, count: { nodes: number }, depth: number): unknown {
  if (++count.nodes > MAX_NODES || depth > MAX_DEPTH) throw new Error('the document is too large');
  if (Array.isArray(value)) return value.map((item) => plain(item, count, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, plain(item, count, depth + 1)] as const);
  return Object.fromEntries(entries);
}
