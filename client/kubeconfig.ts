import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Everything needed to reach an API server as one user. Certificates and keys are PEM text. */
export interface ClusterAccess {
  readonly server: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

interface KubeconfigFile {
  'current-context'?: string;
  contexts?: { name: string; context: { cluster: string; user: string } }[];
  clusters?: { name: string; cluster: Record<string, string> }[];
  users?: { name: string; user: Record<string, string> }[];
}

/** Reads a kubeconfig's current context; an error names the file and what is missing in it. */
export async function readKubeconfig(path: string): Promise<ClusterAccess> {
  const file = await parseYaml(readFileSync(path, 'utf8'));
  const missing = (what: string) => new Error(`kubeconfig ${path}: ${what}`);
  const context = file.contexts?.find(({ name }) => name === file['current-context'])?.context;
  if (!context) throw missing(`there is no context ${JSON.stringify(file['current-context'])}`);
  const cluster = file.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  if (!cluster?.server) throw missing(`cluster ${context.cluster} has no server`);
  const user = file.users?.find(({ name }) => name === context.user)?.user ?? {};
  const pem = (from: Record<string, string>, field: string): string | undefined => {
    const data = from[`${field}-data`];
    if (data !== undefined) return Buffer.from(data, 'base64').toString();
    return from[field] === undefined ? undefined : readFileSync(resolve(dirname(path), from[field]), 'utf8');
  };
  const ca = pem(cluster, 'certificate-authority');
  const cert = pem(user, 'client-certificate');
  const key = pem(user, 'client-key');
  return {
    server: cluster.server,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(user.token === undefined ? {} : { token: user.token }),
  };
}

/** podwire writes JSON; the YAML parser is loaded only for files of others. */
async function parseYaml(text: string): Promise<KubeconfigFile> {
  if (text.startsWith('{')) return JSON.parse(text) as KubeconfigFile;
  const { load } = await import('js-yaml');
  return load(text) as KubeconfigFile;
}
