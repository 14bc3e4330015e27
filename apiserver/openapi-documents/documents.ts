import { createHash } from 'node:crypto';
import { hasMessage } from '../../openapi/field-table.ts';
import type { DocumentedKind } from '../../openapi/json-schemas.ts';
import { allResources, type ResourceDefinition } from '../../openapi/resources.ts';
import { type GroupVersionResources, groupVersions } from '../discovery/api-groups.ts';
import type { Registry } from '../registry/registry.ts';
import { versionInfo } from '../version.ts';
import { customSchemas, definitionOf } from './custom-schemas.ts';
import { resourcePaths } from './operations.ts';

/** Raised when documents come out differently for the same resources, so that clients fetch them again. */
const FORMAT = 2;
const META = 'apis.meta.v1';

function rootOf({ group, version }: GroupVersionResources): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

/** Entries are made anew when a definition changes (see groupVersions). */
const hashes = new WeakMap<GroupVersionResources, string>();

/** Names what a document is made of: custom schemas by the revision of their definition that they are from. */
function hashOf(registry: Registry, entry: GroupVersionResources): string {
  const known = hashes.get(entry);
  if (known !== undefined) return known;
  const generations = entry.resources.flatMap((each) => definitionOf(registry, each)?.metadata ?? []);
  const custom = generations.map(({ uid, generation }) => [uid, generation]);
  const source = JSON.stringify([FORMAT, versionInfo.gitVersion, entry, custom]);
  const hash = createHash('sha256').update(source).digest('hex').toUpperCase();
  hashes.set(entry, hash);
  return hash;
}

/** `/openapi/v3`: where each group version's document is; the hash in its URL lets clients keep it forever. */
export function openApiIndex(registry: Registry): object {
  const paths = groupVersions(registry.definitions).map((entry) => [
    rootOf(entry),
    { serverRelativeURL: `/openapi/v3/${rootOf(entry)}?hash=${hashOf(registry, entry)}` },
  ]);
  return { paths: Object.fromEntries(paths) };
}

export interface OpenApiDocument {
  readonly body: Uint8Array;
  readonly etag: string;
}

interface Made {
  readonly hash: string;
  readonly document: Promise<OpenApiDocument>;
}

const documents = new WeakMap<Registry, Map<string, Made>>();

/**
 * The document of a group version, `api/v1` or `apis/apps/v1`; undefined for one that is not served. Made
 * when first asked for: zod, which makes it, is loaded only then.
 */
export function openApiDocument(registry: Registry, root: string): Promise<OpenApiDocument> | undefined {
  const served = groupVersions(registry.definitions);
  const entry = served.find((each) => rootOf(each) === root);
  if (!entry) return undefined;
  const made = documents.get(registry) ?? new Map<string, Made>();
  documents.set(registry, made);
  const hash = hashOf(registry, entry);
  const known = made.get(root);
  if (known?.hash === hash) return known.document;
  // Of groups that are gone, too many are left.
  if (made.size > 2 * served.length) made.clear();
  const document = makeDocument(registry, entry, hash);
  made.set(root, { hash, document });
  return document;
}

async function makeDocument(
  registry: Registry,
  entry: GroupVersionResources,
  hash: string,
): Promise<OpenApiDocument> {
  const { jsonSchemas } = await import('../../openapi/json-schemas.ts');
  const paths = entry.resources.map((definition) => resourcePaths(definition, `/${rootOf(entry)}`));
  const schemas = jsonSchemas(documentedKinds(entry.resources));
  const document = {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: versionInfo.gitVersion },
    paths: Object.assign({}, ...paths),
    components: {
      schemas: {
        ...schemas,
        ...customSchemasOf(registry, entry.resources),
        'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': { type: 'object' },
      },
    },
  };
  return { body: Buffer.from(JSON.stringify(document)), etag: `"${hash}"` };
}

/** Definitions say what custom resources look like. */
function customSchemasOf(
  registry: Registry,
  resources: readonly ResourceDefinition[],
): Record<string, object> {
  return Object.assign({}, ...resources.flatMap((each) => customSchemas(registry, each)));
}

/** The kinds of a group version, their lists, what subresources take, and what every request may carry. */
function documentedKinds(resources: readonly ResourceDefinition[]): DocumentedKind[] {
  const kinds = new Map<string, DocumentedKind>();
  const add = (message: string, group: string, version: string, kind: string): void => {
    if (!kinds.has(message)) kinds.set(message, { message, kinds: [{ group, version, kind }] });
  };
  for (const { message, group, version, kind, subresources } of resources) {
    if (hasMessage(message)) add(message, group, version, kind);
    if (hasMessage(`${message}List`)) add(`${message}List`, group, version, `${kind}List`);
    for (const each of subresources) {
      if (each.message) add(each.message, each.group ?? group, each.version ?? version, each.kind ?? kind);
    }
  }
  const groups = ['', ...new Set(allResources.map(({ group }) => group))];
  const everywhere = (kind: string): DocumentedKind['kinds'] =>
    groups.map((group) => ({ group, version: 'v1', kind }));
  return [
    ...kinds.values(),
    { message: `${META}.DeleteOptions`, kinds: everywhere('DeleteOptions') },
    { message: `${META}.ObjectMeta`, kinds: [] },
    { message: `${META}.ListMeta`, kinds: [] },
    { message: `${META}.Status`, kinds: [{ group: '', version: 'v1', kind: 'Status' }] },
  ];
}
