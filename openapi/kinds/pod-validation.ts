import type { Faults } from '../faults.ts';
import type {
  Container,
  ContainerPort,
  EnvVar,
  PodSpec,
  Probe,
  Toleration,
  Volume,
} from '../generated/types.ts';
import { labelsFaults, nameFault, portNameFault, qualifiedNameFault, subdomainFault } from './names.ts';
import { MAX_PORT, validatePort, validatePortReference } from './ports.ts';
import { validateResources } from './resource-requirements.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'] as const;
const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'] as const;
const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'] as const;
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'] as const;
const EFFECTS = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'] as const;

/** A pod spec with its defaults in place (k8s pkg/apis/core/validation, ValidatePodSpec). */
export function validatePodSpec(spec: PodSpec, at: string, faults: Faults): void {
  const volumes = validateVolumes(spec.volumes ?? [], `${at}.volumes`, faults);
  const names = new Set<string>();
  if (!spec.containers || spec.containers.length === 0) faults.required(`${at}.containers`);
  validateContainers(spec.initContainers ?? [], `${at}.initContainers`, names, volumes, faults);
  validateContainers(spec.containers ?? [], `${at}.containers`, names, volumes, faults);
  oneOf(spec.restartPolicy, RESTART_POLICIES, `${at}.restartPolicy`, faults);
  oneOf(spec.dnsPolicy, DNS_POLICIES, `${at}.dnsPolicy`, faults);
  notNegative(spec.terminationGracePeriodSeconds, `${at}.terminationGracePeriodSeconds`, faults);
  const { activeDeadlineSeconds: deadline } = spec;
  if (deadline !== undefined && (deadline < 1 || deadline > 2 ** 31 - 1)) {
    faults.invalid(`${at}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive');
  }
  labelsFaults(spec.nodeSelector, `${at}.nodeSelector`, faults);
  namedBy(spec.nodeName, `${at}.nodeName`, subdomainFault, faults);
  namedBy(spec.serviceAccountName, `${at}.serviceAccountName`, subdomainFault, faults);
  namedBy(spec.hostname, `${at}.hostname`, (name) => nameFault(name, 'dns-label'), faults);
  namedBy(spec.subdomain, `${at}.subdomain`, (name) => nameFault(name, 'dns-label'), faults);
  for (const [index, item] of (spec.tolerations ?? []).entries()) {
    validateToleration(item, `${at}.tolerations[${index}]`, faults);
  }
  validateHostPorts(spec, at, faults);
}

export function oneOf(
  value: string | undefined,
  allowed: readonly string[],
  at: string,
  faults: Faults,
): void {
  if (value === undefined || value === '') faults.required(at);
  else if (!allowed.includes(value)) faults.notSupported(at, value, allowed);
}

export function notNegative(value: number | undefined, at: string, faults: Faults): void {
  if (value !== undefined && value < 0) faults.invalid(at, value, 'must be greater than or equal to 0');
}

function namedBy(
  name: string | undefined,
  at: string,
  check: (name: string) => string | undefined,
  faults: Faults,
): void {
  const fault = name ? check(name) : undefined;
  if (fault !== undefined) faults.invalid(at, name, fault);
}

function validateContainers(
  containers: readonly Container[],
  at: string,
  names: Set<string>,
  volumes: ReadonlySet<string>,
  faults: Faults,
): void {
  for (const [index, container] of containers.entries()) {
    const path = `${at}[${index}]`;
    const { name = '', image = '' } = container;
    if (name === '') faults.required(`${path}.name`);
    else if (names.has(name)) faults.duplicate(`${path}.name`, name);
    else namedBy(name, `${path}.name`, (text) => nameFault(text, 'dns-label'), faults);
    names.add(name);
    if (image === '') faults.required(`${path}.image`);
    else if (image !== image.trim())
      faults.invalid(`${path}.image`, image, 'must not have leading or trailing whitespace');
    oneOf(container.imagePullPolicy, PULL_POLICIES, `${path}.imagePullPolicy`, faults);
    validateContainerPorts(container.ports ?? [], `${path}.ports`, faults);
    validateEnv(container.env ?? [], `${path}.env`, faults);
    validateResources(container.resources, `${path}.resources`, faults);
    validateProbes(container, path, faults);
    for (const [mount, { name: volume = '', mountPath }] of (container.volumeMounts ?? []).entries()) {
      if (volume === '') faults.required(`${path}.volumeMounts[${mount}].name`);
      else if (!volumes.has(volume)) faults.notFound(`${path}.volumeMounts[${mount}].name`, volume);
      if (!mountPath) faults.required(`${path}.volumeMounts[${mount}].mountPath`);
    }
  }
}

function validateContainerPorts(ports: readonly ContainerPort[], at: string, faults: Faults): void {
  const names = new Set<string>();
  for (const [index, { name, containerPort, hostPort, protocol }] of ports.entries()) {
    const path = `${at}[${index}]`;
    if (name) {
      const fault = portNameFault(name);
      if (fault !== undefined) faults.invalid(`${path}.name`, name, fault);
      else if (names.has(name)) faults.duplicate(`${path}.name`, name);
      names.add(name);
    }
    if (!containerPort) faults.required(`${path}.containerPort`);
    else validatePort(containerPort, `${path}.containerPort`, faults);
    if (hostPort) validatePort(hostPort, `${path}.hostPort`, faults);
    oneOf(protocol, PROTOCOLS, `${path}.protocol`, faults);
  }
}

function validateEnv(env: readonly EnvVar[], at: string, faults: Faults): void {
  for (const [index, { name, value, valueFrom }] of env.entries()) {
    if (!name) faults.required(`${at}[${index}].name`);
    else if (/[^\x20-\x7e]|=/.test(name)) {
      faults.invalid(
        `${at}[${index}].name`,
        name,
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      );
    }
    if (value && valueFrom) {
      faults.invalid(`${at}[${index}].valueFrom`, '', 'may not be specified when `value` is not empty');
    }
  }
}

function validateProbes(container: Container, at: string, faults: Faults): void {
  for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[field];
    if (probe) validateProbe(probe, `${at}.${field}`, field !== 'readinessProbe', faults);
  }
}

function validateProbe(probe: Probe, at: string, succeedsOnce: boolean, faults: Faults): void {
  const handlers = [probe.exec, probe.httpGet, probe.tcpSocket, probe.grpc].filter(
    (each) => each !== undefined,
  );
  if (handlers.length === 0) faults.required(at, 'must specify a handler type');
  if (handlers.length > 1) faults.forbidden(at, 'may not specify more than 1 handler type');
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    notNegative(probe[field], `${at}.${field}`, faults);
  }
  if (succeedsOnce && (probe.successThreshold ?? 1) !== 1) {
    faults.invalid(`${at}.successThreshold`, probe.successThreshold, 'must be 1');
  }
  if (probe.httpGet) validatePortReference(probe.httpGet.port, `${at}.httpGet.port`, faults);
  if (probe.tcpSocket) validatePortReference(probe.tcpSocket.port, `${at}.tcpSocket.port`, faults);
  if (probe.grpc) validatePort(probe.grpc.port ?? 0, `${at}.grpc.port`, faults);
}

function validateVolumes(volumes: readonly Volume[], at: string, faults: Faults): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const { name = '', ...sources } = volume;
    if (name === '') faults.required(`${at}[${index}].name`);
    else if (names.has(name)) faults.duplicate(`${at}[${index}].name`, name);
    else namedBy(name, `${at}[${index}].name`, (text) => nameFault(text, 'dns-label'), faults);
    names.add(name);
    const types = Object.entries(sources).filter(([, source]) => source !== undefined);
    for (const [type] of types.slice(1))
      faults.forbidden(`${at}[${index}].${type}`, 'may not specify more than 1 volume type');
  }
  return names;
}

function validateToleration(toleration: Toleration, at: string, faults: Faults): void {
  const { key, operator, effect, value, tolerationSeconds } = toleration;
  if (key) {
    const fault = qualifiedNameFault(key);
    if (fault !== undefined) faults.invalid(`${at}.key`, key, fault);
  } else if (operator !== 'Exists') {
    faults.invalid(
      `${at}.operator`,
      operator ?? '',
      'operator must be Exists when `key` is empty, which means "match all values and all keys"',
    );
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    faults.invalid(
      `${at}.effect`,
      effect ?? '',
      "effect must be 'NoExecute' when `tolerationSeconds` is set",
    );
  }
  if (operator === 'Exists' && value)
    faults.invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'");
  if (operator && operator !== 'Exists' && operator !== 'Equal')
    faults.notSupported(`${at}.operator`, operator, ['Equal', 'Exists']);
  if (effect) oneOf(effect, EFFECTS, `${at}.effect`, faults);
}

/** One host port serves one container; with the host's network, container and host port are the same. */
function validateHostPorts(spec: PodSpec, at: string, faults: Faults): void {
  const taken = new Set<string>();
  for (const [index, { ports }] of (spec.containers ?? []).entries()) {
    for (const [port, { hostPort, containerPort, protocol, hostIP }] of (ports ?? []).entries()) {
      const path = `${at}.containers[${index}].ports[${port}]`;
      if (spec.hostNetwork && hostPort && hostPort !== containerPort && hostPort <= MAX_PORT) {
        faults.invalid(
          `${path}.containerPort`,
          containerPort,
          'must match `hostPort` when `hostNetwork` is true',
        );
      }
      if (!hostPort) continue;
      const key = `${protocol}/${hostIP ?? ''}/${hostPort}`;
      if (taken.has(key)) faults.duplicate(`${path}.hostPort`, key);
      taken.add(key);
    }
  }
}
