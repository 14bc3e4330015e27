import ipaddr from 'ipaddr.js';
import type { Faults } from '../faults.ts';
import type { Service, ServicePort, ServiceSpec } from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { labelsFaults, nameFault, subdomainFault } from './names.ts';
import { oneOf } from './pod-validation.ts';
import { MAX_PORT, validatePort, validatePortReference } from './ports.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'] as const;
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'] as const;
const POLICIES = ['Cluster', 'Local'] as const;
const AFFINITY_SECONDS = 10_800;
const MAX_AFFINITY_SECONDS = 86_400;

/** Services (k8s pkg/apis/core/v1/defaults.go and validation.go). A ClusterIP may still be missing: it is
 * allocated by admission, or later when the allocator is away. */
export const serviceRules: KindRules<Service> = {
  nameFormat: 'dns-1035-label',
  defaults(service) {
    const spec = (service.spec ??= {});
    spec.sessionAffinity ||= 'None';
    if (spec.sessionAffinity === 'None') spec.sessionAffinityConfig = undefined;
    if (spec.sessionAffinity === 'ClientIP') {
      const clientIP = ((spec.sessionAffinityConfig ??= {}).clientIP ??= {});
      clientIP.timeoutSeconds ??= AFFINITY_SECONDS;
    }
    spec.type ||= 'ClusterIP';
    for (const port of spec.ports ?? []) {
      port.protocol ||= 'TCP';
      if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '')
        port.targetPort = port.port;
    }
    if (isReachedFromOutside(spec)) spec.externalTrafficPolicy ||= 'Cluster';
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
    if (spec.type !== 'ExternalName') {
      spec.internalTrafficPolicy ||= 'Cluster';
      defaultFamilies(spec);
    }
  },
  validate({ spec = {} }, faults) {
    validateType(spec, faults);
    validatePorts(spec, faults);
    validateAddresses(spec, faults);
    validatePolicies(spec, faults);
    labelsFaults(spec.selector, 'spec.selector', faults);
  },
  validateUpdate({ spec = {} }, { spec: before = {} }, faults) {
    const usesIp = (each: ServiceSpec): boolean => each.type !== 'ExternalName';
    if (before.clusterIP && usesIp(spec) && usesIp(before) && spec.clusterIP !== before.clusterIP) {
      faults.invalid('spec.clusterIPs[0]', [spec.clusterIP], 'may not change once set');
    }
  },
};

function isReachedFromOutside(spec: ServiceSpec): boolean {
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') return true;
  return spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0;
}

/**
 * The family is that of the address, IPv4 unless it says otherwise; the allocator adds what the policy calls for.
 * Whoever looks after the endpoints of a headless Service may have both.
 */
function defaultFamilies(spec: ServiceSpec): void {
  const isHeadless = (spec.clusterIP ?? spec.clusterIPs?.[0]) === 'None';
  if (isHeadless && spec.ipFamilyPolicy === undefined && Object.keys(spec.selector ?? {}).length === 0) {
    spec.ipFamilyPolicy = 'RequireDualStack';
    const first = spec.ipFamilies?.[0] ?? 'IPv4';
    spec.ipFamilies = [first, first === 'IPv4' ? 'IPv6' : 'IPv4'];
  }
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (spec.ipFamilies && spec.ipFamilies.length > 0) return;
  const address = spec.clusterIP ?? spec.clusterIPs?.[0] ?? '';
  spec.ipFamilies = [address.includes(':') ? 'IPv6' : 'IPv4'];
}

function validateType(spec: ServiceSpec, faults: Faults): void {
  oneOf(spec.type, TYPES, 'spec.type', faults);
  if (spec.type !== 'ExternalName') return;
  if (spec.clusterIP) faults.forbidden('spec.clusterIP', 'may not be set when `type` is "ExternalName"');
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  const fault = name === '' ? undefined : subdomainFault(name);
  if (name === '') faults.required('spec.externalName');
  else if (fault !== undefined) faults.invalid('spec.externalName', spec.externalName, fault);
}

function validatePorts(spec: ServiceSpec, faults: Faults): void {
  const ports = spec.ports ?? [];
  const isHeadless = spec.clusterIP === 'None';
  if (ports.length === 0 && spec.type !== 'ExternalName' && !isHeadless) faults.required('spec.ports');
  const names = new Set<string>();
  const pairs = new Set<string>();
  const nodePorts = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    validateName(port, at, ports.length > 1, names, faults);
    if (port.port === undefined) faults.required(`${at}.port`);
    else validatePort(port.port, `${at}.port`, faults);
    oneOf(port.protocol, PROTOCOLS, `${at}.protocol`, faults);
    if (port.targetPort !== undefined) validatePortReference(port.targetPort, `${at}.targetPort`, faults);
    const pair = `${port.protocol}/${port.port}`;
    if (pairs.has(pair)) faults.duplicate(at, port);
    pairs.add(pair);
    validateNodePort(port, spec, at, nodePorts, faults);
  }
}

function validateName(
  { name = '' }: ServicePort,
  at: string,
  required: boolean,
  names: Set<string>,
  faults: Faults,
): void {
  if (name === '') {
    if (required) faults.required(`${at}.name`);
    return;
  }
  const fault = nameFault(name, 'dns-label');
  if (fault !== undefined) faults.invalid(`${at}.name`, name, fault);
  else if (names.has(name)) faults.duplicate(`${at}.name`, name);
  names.add(name);
}

function validateNodePort(
  { nodePort, protocol }: ServicePort,
  { type }: ServiceSpec,
  at: string,
  taken: Set<string>,
  faults: Faults,
): void {
  if (!nodePort) return;
  if (type !== 'NodePort' && type !== 'LoadBalancer') {
    faults.forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'");
  }
  if (nodePort < 0 || nodePort > MAX_PORT) validatePort(nodePort, `${at}.nodePort`, faults);
  const key = `${protocol}/${nodePort}`;
  if (taken.has(key)) faults.duplicate(`${at}.nodePort`, nodePort);
  taken.add(key);
}

function validateAddresses(spec: ServiceSpec, faults: Faults): void {
  const { clusterIP = '', clusterIPs = [], type } = spec;
  if (clusterIP !== '' && clusterIP !== 'None' && !ipaddr.isValid(clusterIP)) {
    faults.invalid(
      'spec.clusterIPs[0]',
      clusterIP,
      'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    );
  }
  if (clusterIP === 'None' && (type === 'NodePort' || type === 'LoadBalancer')) {
    faults.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`);
  }
  if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP && type !== 'ExternalName') {
    faults.invalid('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`');
  }
  for (const [index, address] of (spec.externalIPs ?? []).entries()) {
    if (!ipaddr.isValid(address)) {
      faults.invalid(
        `spec.externalIPs[${index}]`,
        address,
        'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      );
    }
  }
  for (const [index, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    if (!ipaddr.isValidCIDR(range.trim())) {
      faults.invalid(
        `spec.loadBalancerSourceRanges[${index}]`,
        range,
        'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      );
    }
  }
}

function validatePolicies(spec: ServiceSpec, faults: Faults): void {
  oneOf(spec.sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity', faults);
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (
    spec.sessionAffinity === 'ClientIP' &&
    seconds !== undefined &&
    (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS)
  ) {
    faults.invalid(
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
      seconds,
      `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
    );
  }
  if (spec.externalTrafficPolicy) {
    if (!isReachedFromOutside(spec)) {
      faults.invalid(
        'spec.externalTrafficPolicy',
        spec.externalTrafficPolicy,
        'may only be set for externally-accessible services',
      );
    } else oneOf(spec.externalTrafficPolicy, POLICIES, 'spec.externalTrafficPolicy', faults);
  }
  if (spec.internalTrafficPolicy)
    oneOf(spec.internalTrafficPolicy, POLICIES, 'spec.internalTrafficPolicy', faults);
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    oneOf(family, ['IPv4', 'IPv6'], `spec.ipFamilies[${index}]`, faults);
  }
  if (spec.ipFamilyPolicy) {
    oneOf(
      spec.ipFamilyPolicy,
      ['PreferDualStack', 'RequireDualStack', 'SingleStack'],
      'spec.ipFamilyPolicy',
      faults,
    );
  }
  validateHealthCheckPort(spec, faults);
}

function validateHealthCheckPort(
  { type, externalTrafficPolicy, healthCheckNodePort }: ServiceSpec,
  faults: Faults,
): void {
  if (!healthCheckNodePort) return;
  if (type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local') {
    faults.invalid(
      'spec.healthCheckNodePort',
      healthCheckNodePort,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    );
  }
}
