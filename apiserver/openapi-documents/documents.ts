import { createHash } from 'node:crypto';
import { hasMessage } from '../../openapi/field-table.ts';
import type { DocumentedKind } from '../../openapi/json-schemas.ts';
import type { ResourceDefinition } from '../../openapi/resources.ts';
import { type GroupVersionResources, groupVersions } from '../discovery/api-groups.ts';
import { versionInfo } from '../version.ts';
import { resourcePaths } from './operations.ts';

/** Raised when documents come out differently for the same resources, so that clients fetch them again. */
const FORMAT = 1;
const META = 'apis.meta.v1';

function rootOf({ group, version }: GroupVersionResources): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

function hashOf(entry: GroupVersionResources): string {
  const source = JSON.stringify([FORMAT, versionInfo.gitVersion, entry]);
  return createHash('sha256').update(source).digest('hex').toUpperCase();
}

/** `/openapi/v3`: where each group version's document is; the hash in its URL lets clients keep it forever. */
export function openApiIndex(): object {
  const paths = groupVersions().map((entry) => [
    rootOf(entry),
    { serverRelativeURL: `/openapi/v3/${rootOf(entry)}?hash=${hashOf(entry)}` },
  ]);
  return { paths: Object.fromEntries(paths) };
}

export interface OpenApiDocument {
  readonly body: Uint8Array;
  readonly etag: string;
}

const documents = new Map<string, Promise<OpenApiDocument>>();

/**
 * The document of a group version, `api/v1` or `apis/apps/v1`; undefined for one that is not served. Made
 * when first asked for: zod, which makes it, is loaded only then.
 */
export function openApiDocument(root: string): Promise<OpenApiDocument> | undefined {
  const entry = groupVersions().find((each) => rootOf(each) === root);
  if (!entry) return undefined;
  const known = documents.get(root);
  if (known) return known;
  const made = makeDocument(entry);
  documents.set(root, made);
  return made;
}

async function makeDocument(entry: GroupVersionResources): Promise<OpenApiDocument> {
  const { jsonSchemas } = await import('../../openapi/json-schemas.ts');
  const paths = entry.resources.map((definition) => resourcePaths(definition, `/${rootOf(entry)}`));
  const schemas = jsonSchemas(documentedKinds(entry.resources));
  const document = {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: versionInfo.gitVersion },
    paths: Object.assign({}, ...paths),
    components: {
      schemas: { ...schemas, 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': { type: 'object' } },
    },
  };
  return { body: Buffer.from(JSON.stringify(document)), etag: `"${hashOf(entry)}"` };
}

/** The kinds of a group version, their lists, what subresources take, and what every request may carry. */
function documentedKinds(resources: readonly ResourceDefinition[]): DocumentedKind[] {
  const kinds = new Map<string, DocumentedKind>();
  const add = (message: string, group: string, version: string, kind: string): void => {
    if (!kinds.has(message)) kinds.set(message, { message, kinds: [{ group, version, kind }] });
  };
  for (const { message, group, version, kind, subresources } of resources) {
    add(message, group, version, kind);
    if (hasMessage(`${message}List`)) add(`${message}List`, group, version, `${kind}List`);
    for (const each of subresources) {
      if (each.message) add(each.message, each.group ?? group, each.version ?? version, each.kind ?? kind);
    }
  }
  const groups = ['', ...new Set(groupVersions().map(({ group }) => group))];
  const everywhere = (kind: string): DocumentedKind['kinds'] =>
    groups.map((group) => ({ group, version: 'v1', kind }));
  return [
    ...kinds.values(),
    { message: `${META}.DeleteOptions`, kinds: everywhere('DeleteOptions') },
    { message: `${META}.Status`, kinds: [{ group: '', version: 'v1', kind: 'Status' }] },
  ];
}
