import type { Node, Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import { errors } from '../errors.ts';
import type { KubeletAddress } from '../kubelet-proxy.ts';
import { queryInteger } from './query-integer.ts';
import type { ResourceRequest } from './resource-request.ts';

/** Options that mean the same to the node's agent. */
const FORWARDED = [
  'follow',
  'insecureSkipTLSVerifyBackend',
  'limitBytes',
  'previous',
  'sinceSeconds',
  'sinceTime',
  'stream',
  'tailLines',
  'timestamps',
] as const;

/** GET of a pod's `log`: what its node's agent answers. */
export async function podLog(request: ResourceRequest): Promise<ApiResponse> {
  const { store, info, context, query } = request;
  const pod = store.require(info.namespace, info.name).object as unknown as Pod;
  for (const name of ['limitBytes', 'sinceSeconds', 'tailLines']) queryInteger(query, name);
  const container = containerOf(pod, query.get('container') ?? '');
  const forwarded = new URLSearchParams();
  for (const name of FORWARDED) {
    const value = query.get(name);
    if (value !== null) forwarded.set(name, value);
  }
  const text = forwarded.toString();
  const path = `/containerLogs/${info.namespace}/${info.name}/${container}${text === '' ? '' : `?${text}`}`;
  const node = kubeletOf(request, pod);
  if (!context.kubeletProxy) throw errors.serviceUnavailable('this API server has no way to the nodes');
  try {
    const { status, headers, body } = await context.kubeletProxy(node, path, request.request.signal);
    return { status, headers: { 'content-type': headers['content-type'] ?? 'text/plain' }, body };
  } catch (error) {
    throw errors.internal(
      `Get "https://${node.host}:${node.port}${path}": ${error instanceof Error ? error.message : error}`,
    );
  }
}

function containerOf({ metadata, spec }: Pod, wanted: string): string {
  const names = [
    ...(spec?.containers ?? []),
    ...(spec?.initContainers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ].map(({ name }) => name ?? '');
  if (wanted === '') {
    const [only] = names;
    if (only !== undefined && (names.length === 1 || (spec?.containers ?? []).length === 1)) return only;
    throw errors.badRequest(
      `a container name must be specified for pod ${metadata.name}, choose one of: [${names.join(' ')}]`,
    );
  }
  if (names.includes(wanted)) return wanted;
  throw errors.badRequest(`container ${wanted} is not valid for pod ${metadata.name}`);
}

/** Where the agent of a pod's node listens. */
export function kubeletOf({ context }: ResourceRequest, { metadata, spec }: Pod): KubeletAddress {
  const nodeName = spec?.nodeName ?? '';
  if (nodeName === '') throw errors.badRequest(`pod ${metadata.name} does not have a host assigned`);
  const found = context.registry.of(resources.nodes).cache.get('', nodeName);
  if (!found) throw errors.notFound(resources.nodes, nodeName);
  const { status = {} } = found.object as unknown as Node;
  const address = (wanted: string): string | undefined =>
    status.addresses?.find(({ type }) => type === wanted)?.address;
  const host = address('ExternalIP') ?? address('InternalIP') ?? address('Hostname') ?? nodeName;
  return { nodeName, host, port: status.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250 };
}
