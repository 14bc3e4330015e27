import { createHash } from 'node:crypto';
import type { ResourceDefinition } from '../../openapi/resources.ts';
import { aggregatedDiscovery } from './aggregated-discovery.ts';

/** What is served, as bytes that a client may keep as long as their tag is the same. */
export interface DiscoveryDocument {
  readonly body: Uint8Array;
  readonly etag: string;
}

type Definitions = readonly ResourceDefinition[];

const documents = new WeakMap<Definitions, Map<string, DiscoveryDocument>>();

/** The aggregated discovery of `/api` or `/apis`; made once for as long as the same resources are served. */
export function discoveryDocument(
  definitions: Definitions,
  root: 'api' | 'apis',
  version: 'v2' | 'v2beta1',
): DiscoveryDocument {
  const made = documents.get(definitions) ?? new Map<string, DiscoveryDocument>();
  documents.set(definitions, made);
  const key = `${root} ${version}`;
  const known = made.get(key);
  if (known) return known;
  const body = Buffer.from(JSON.stringify(aggregatedDiscovery(definitions, root, version)));
  const etag = `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`;
  const document = { body, etag };
  made.set(key, document);
  return document;
}
