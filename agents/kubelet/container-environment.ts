import type {
  ConfigMap,
  Container,
  EnvVar,
  Pod,
  Secret,
  Service,
  ServicePort,
} from '../../openapi/generated/types.ts';

/** Where a container's configuration comes from. Look-ups answer undefined for what does not exist. */
export interface ConfigurationSources {
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  /** The Services whose addresses go into the environment. */
  services(namespace: string): readonly Service[];
}

/** A container that cannot start because of its configuration; shown as CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

/** A container's environment, as the kubelet makes it (k8s pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables). */
export async function containerEnvironment(
  pod: Pod,
  container: Container,
  sources: ConfigurationSources,
): Promise<Record<string, string>> {
  const namespace = pod.metadata.namespace ?? '';
  const env: Record<string, string> = Object.create(null);
  Object.assign(env, {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: podHostname(pod),
    ...serviceVariables(pod, sources),
  });
  for (const source of container.envFrom ?? []) {
    const kind = source.configMapRef ? 'configmap' : 'secret';
    const reference = source.configMapRef ?? source.secretRef;
    const data = await dataOf(sources, kind, namespace, reference?.name);
    if (!data && !reference?.optional) throw missing(kind, reference?.name);
    for (const [key, value] of Object.entries(data ?? {})) env[(source.prefix ?? '') + key] = value;
  }
  for (const variable of container.env ?? []) {
    const value = await variableValue(variable, pod, sources);
    if (value !== undefined) env[variable.name ?? ''] = expand(value, env);
  }
  return env;
}

/** `$(NAME)` stands for a variable, `$$` for a dollar; an unknown name stays as it is. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (whole, name?: string) =>
    name === undefined ? '$' : Object.hasOwn(env, name) ? env[name]! : whole,
  );
}

export function podHostname({ metadata, spec }: Pod): string {
  if (spec?.hostNetwork) return spec.nodeName ?? '';
  return spec?.hostname || (metadata.name ?? '').slice(0, 63);
}

async function variableValue(
  { value, valueFrom, name }: EnvVar,
  pod: Pod,
  sources: ConfigurationSources,
): Promise<string | undefined> {
  if (!valueFrom) return value ?? '';
  const namespace = pod.metadata.namespace ?? '';
  if (valueFrom.fieldRef) return fieldValue(valueFrom.fieldRef.fieldPath ?? '', pod, sources);
  if (valueFrom.resourceFieldRef) return '0';
  const reference = valueFrom.configMapKeyRef ?? valueFrom.secretKeyRef;
  if (!reference) throw new ContainerConfigError(`variable ${name} has a source that podwire does not know`);
  const kind = valueFrom.configMapKeyRef ? 'configmap' : 'secret';
  const data = await dataOf(sources, kind, namespace, reference.name);
  const found = data && own(data, reference.key ?? '');
  if (found === undefined && !reference.optional) {
    if (!data) throw missing(kind, reference.name);
    throw new ContainerConfigError(`couldn't find key ${reference.key} in ${namespace}/${reference.name}`);
  }
  return found;
}

/** The downward API's fields. */
export function fieldValue(path: string, pod: Pod, { podIps, hostIps }: ConfigurationSources): string {
  const { metadata, spec } = pod;
  const entry = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (entry) return metadata[entry[1] as 'labels' | 'annotations']?.[entry[2]!] ?? '';
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec?.nodeName,
    'spec.serviceAccountName': spec?.serviceAccountName,
    'status.podIP': podIps[0],
    'status.podIPs': podIps.join(','),
    'status.hostIP': hostIps[0],
    'status.hostIPs': hostIps.join(','),
  };
  const value = own(fields, path);
  if (value === undefined) throw new ContainerConfigError(`unsupported fieldPath: ${path}`);
  return value;
}

/** As Docker's links had it: `NAME_PORT_80_TCP`, with `_PROTO`, `_PORT` and `_ADDR`. */
function linkVariables(prefix: string, address: string, port: ServicePort): Record<string, string> {
  const protocol = port.protocol ?? 'TCP';
  const name = `${prefix}_PORT_${port.port}_${protocol}`;
  return {
    [name]: portUrl(address, port),
    [`${name}_PROTO`]: protocol.toLowerCase(),
    [`${name}_PORT`]: String(port.port),
    [`${name}_ADDR`]: address,
  };
}

function portUrl(address: string, { protocol = 'TCP', port }: ServicePort): string {
  return `${protocol.toLowerCase()}://${address}:${port}`;
}

/** `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT` and the rest for each Service with an address. */
function serviceVariables(pod: Pod, sources: ConfigurationSources): Record<string, string> {
  const namespace = pod.metadata.namespace ?? '';
  const own = pod.spec?.enableServiceLinks === false ? [] : sources.services(namespace);
  const api = sources.services('default').filter(({ metadata }) => metadata.name === 'kubernetes');
  const variables: Record<string, string> = {};
  for (const { metadata, spec } of [...api, ...own]) {
    if (!spec?.clusterIP || spec.clusterIP === 'None') continue;
    const prefix = (metadata.name ?? '').toUpperCase().replaceAll('-', '_');
    const [first] = spec.ports ?? [];
    variables[`${prefix}_SERVICE_HOST`] = spec.clusterIP;
    if (first) {
      variables[`${prefix}_SERVICE_PORT`] = String(first.port);
      variables[`${prefix}_PORT`] = portUrl(spec.clusterIP, first);
    }
    for (const { name, port, protocol } of spec.ports ?? []) {
      if (name) variables[`${prefix}_SERVICE_PORT_${name.toUpperCase().replaceAll('-', '_')}`] = String(port);
      Object.assign(variables, linkVariables(prefix, spec.clusterIP, { protocol, port }));
    }
  }
  return variables;
}

/** The files that a container's volumes bring: config maps and secrets. */
export async function containerFiles(
  pod: Pod,
  container: Container,
  sources: ConfigurationSources,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const namespace = pod.metadata.namespace ?? '';
  for (const { name, mountPath = '', subPath } of container.volumeMounts ?? []) {
    const volume = pod.spec?.volumes?.find((candidate) => candidate.name === name);
    const source = volume?.configMap ?? volume?.secret;
    if (!volume || !source) continue;
    const object = volume.configMap?.name ?? volume.secret?.secretName ?? '';
    const kind = volume.configMap ? 'configmap' : 'secret';
    const data = await dataOf(sources, kind, namespace, object);
    if (!data && !source.optional) throw missing(kind, object);
    const items = source.items?.map(({ key = '', path = '' }) => [key, path] as const);
    for (const [key, path] of items ?? Object.keys(data ?? {}).map((each) => [each, each] as const)) {
      const content = data && own(data, key);
      if (content === undefined) continue;
      if (subPath === undefined) files.set(`${mountPath}/${path}`, content);
      else if (subPath === path) files.set(mountPath, content);
    }
  }
  return files;
}

/** What a config map or a secret holds, as text; undefined if there is no such object. */
async function dataOf(
  sources: ConfigurationSources,
  kind: 'configmap' | 'secret',
  namespace: string,
  name = '',
): Promise<Readonly<Record<string, string>> | undefined> {
  if (kind === 'configmap') {
    const configMap = await sources.configMap(namespace, name);
    return configMap && (configMap.data ?? {});
  }
  const secret = await sources.secret(namespace, name);
  const entries = Object.entries(secret?.data ?? {});
  return secret && Object.fromEntries(entries.map(([key, value]) => [key, base64Text(value)]));
}

function base64Text(value: string): string {
  return Buffer.from(value, 'base64').toString();
}

/** Keys come from users: `constructor` is one like any other. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function missing(kind: string, name: string | undefined): ContainerConfigError {
  return new ContainerConfigError(`${kind} "${name}" not found`);
}
