import type { Node } from '../openapi/generated/types.ts';

/** Where the machine reaches a node's own API; undefined while the node has not said so. */
export function nodeApiAddress({ status }: Node): { host: string; port: number } | undefined {
  const addressOf = (wanted: string) => status?.addresses?.find(({ type }) => type === wanted)?.address;
  const host = addressOf('ExternalIP') ?? addressOf('InternalIP');
  const port = status?.daemonEndpoints?.kubeletEndpoint?.Port;
  return host === undefined || !port ? undefined : { host, port };
}
