import type {
  ConfigMap,
  Endpoints,
  Event,
  Namespace,
  Node,
  Secret,
  Service,
  ServiceAccount,
  ServicePort,
} from '../../openapi/generated/types.ts';
import { age, ageColumn, type Column, column, firstOf, labelText, nameColumn, wide } from './column.ts';

export const coreColumns: Readonly<Record<string, readonly Column[]>> = {
  configmaps: [nameColumn, column<ConfigMap>('Data', dataCount, 'integer'), ageColumn],
  secrets: [
    nameColumn,
    column<Secret>('Type', ({ type }) => type),
    column<Secret>('Data', ({ data }) => Object.keys(data ?? {}).length, 'integer'),
    ageColumn,
  ],
  serviceaccounts: [
    nameColumn,
    column<ServiceAccount>('Secrets', ({ secrets }) => secrets?.length ?? 0, 'integer'),
    ageColumn,
  ],
  namespaces: [nameColumn, column<Namespace>('Status', ({ status }) => status?.phase), ageColumn],
  endpoints: [nameColumn, column<Endpoints>('Endpoints', endpointsText), ageColumn],
  services: [
    nameColumn,
    column<Service>('Type', ({ spec }) => spec?.type),
    column<Service>('Cluster-IP', ({ spec }) => spec?.clusterIP || '<none>'),
    column<Service>('External-IP', externalIp),
    column<Service>('Port(s)', ({ spec }) => servicePorts(spec?.ports ?? [])),
    ageColumn,
    wide<Service>('Selector', ({ spec }) => labelText(spec?.selector)),
  ],
  nodes: [
    nameColumn,
    column<Node>('Status', nodeStatus),
    column<Node>('Roles', nodeRoles),
    ageColumn,
    column<Node>('Version', ({ status }) => status?.nodeInfo?.kubeletVersion),
    wide<Node>('Internal-IP', (node) => nodeAddress(node, 'InternalIP')),
    wide<Node>('External-IP', (node) => nodeAddress(node, 'ExternalIP')),
    wide<Node>('OS-Image', ({ status }) => status?.nodeInfo?.osImage || '<unknown>'),
    wide<Node>('Kernel-Version', ({ status }) => status?.nodeInfo?.kernelVersion || '<unknown>'),
    wide<Node>('Container-Runtime', ({ status }) => status?.nodeInfo?.containerRuntimeVersion || '<unknown>'),
  ],
  events: [
    column<Event>('Last Seen', (event, now) => age(lastSeen(event), now)),
    column<Event>('Type', ({ type }) => type),
    column<Event>('Reason', ({ reason }) => reason),
    column<Event>('Object', aboutText),
    wide<Event>('Subobject', ({ involvedObject }) => involvedObject?.fieldPath),
    wide<Event>('Source', sourceText),
    column<Event>('Message', ({ message }) => (message ?? '').trim()),
    wide<Event>('First Seen', (event, now) => age(event.firstTimestamp ?? event.eventTime, now)),
    wide<Event>('Count', ({ count, series }) => series?.count ?? count ?? 1),
    { ...nameColumn, priority: 1 },
  ],
};

function dataCount({ data, binaryData }: ConfigMap): number {
  return Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length;
}

function endpointsText({ subsets }: Endpoints): string {
  const pairs = (subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip = '' }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip = '' }) => joinHostPort(ip, port ?? 0))),
  );
  return firstOf(pairs, 3);
}

function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function externalIp({ spec = {}, status }: Service): string {
  const { type, externalIPs = [] } = spec;
  if (type === 'ExternalName') return spec.externalName ?? '';
  if (type !== 'LoadBalancer') return externalIPs.length > 0 ? externalIPs.join(',') : '<none>';
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  const all = [...ingress, ...externalIPs];
  return all.length > 0 ? all.join(',') : '<pending>';
}

function servicePorts(ports: readonly ServicePort[]): string {
  if (ports.length === 0) return '<none>';
  return ports
    .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',');
}

function nodeStatus({ spec, status }: Node): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  const text = condition ? (condition.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return spec?.unschedulable ? `${text},SchedulingDisabled` : text;
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function nodeRoles({ metadata }: Node): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX)) return [key.slice(ROLE_PREFIX.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return roles.length === 0 ? '<none>' : roles.sort().join(',');
}

function nodeAddress({ status }: Node, wanted: string): string {
  return status?.addresses?.find(({ type }) => type === wanted)?.address ?? '<none>';
}

function lastSeen({ series, lastTimestamp, eventTime, metadata }: Event): string | undefined {
  return series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
}

function aboutText({ involvedObject = {} }: Event): string {
  const kind = (involvedObject.kind ?? '').toLowerCase();
  return involvedObject.name ? `${kind}/${involvedObject.name}` : kind;
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || '';
  const host = source?.host || reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}
