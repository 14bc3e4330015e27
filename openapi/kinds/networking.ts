import ipaddr from 'ipaddr.js';
import type { Faults } from '../faults.ts';
import type {
  Ingress,
  IngressBackend,
  IngressClass,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { validateLabelSelector } from './label-selector.ts';
import { nameFault, portNameFault, subdomainFault } from './names.ts';
import { oneOf } from './pod-validation.ts';
import { MAX_PORT, validatePort, validatePortReference } from './ports.ts';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'] as const;

export const ingressRules: KindRules<Ingress> = {
  validate({ spec = {} }, faults) {
    const { rules = [], defaultBackend } = spec;
    if (rules.length === 0 && !defaultBackend) {
      faults.invalid('spec', spec, 'either `defaultBackend` or `rules` must be specified');
    }
    if (defaultBackend) validateBackend(defaultBackend, 'spec.defaultBackend', faults);
    if (spec.ingressClassName !== undefined) {
      const fault = subdomainFault(spec.ingressClassName);
      if (fault !== undefined) faults.invalid('spec.ingressClassName', spec.ingressClassName, fault);
    }
    for (const [index, rule] of rules.entries()) validateRule(rule, `spec.rules[${index}]`, faults);
    for (const [index, { hosts }] of (spec.tls ?? []).entries()) {
      for (const [place, host] of (hosts ?? []).entries()) {
        validateHost(host, `spec.tls[${index}].hosts[${place}]`, faults);
      }
    }
  },
};

type IngressRule = NonNullable<NonNullable<Ingress['spec']>['rules']>[number];

function validateRule({ host = '', http }: IngressRule, at: string, faults: Faults): void {
  if (host !== '') validateHost(host, `${at}.host`, faults);
  if (!http) return;
  const { paths = [] } = http;
  if (paths.length === 0) faults.required(`${at}.http.paths`);
  for (const [index, { path = '', pathType, backend }] of paths.entries()) {
    const place = `${at}.http.paths[${index}]`;
    if (!pathType) faults.required(`${place}.pathType`, 'pathType must be specified');
    else if (!PATH_TYPES.some((type) => type === pathType))
      faults.notSupported(`${place}.pathType`, pathType, PATH_TYPES);
    if ((pathType === 'Exact' || pathType === 'Prefix') && !path.startsWith('/')) {
      faults.invalid(`${place}.path`, path, 'must be an absolute path');
    }
    validateBackend(backend ?? {}, `${place}.backend`, faults);
  }
}

function validateHost(host: string, at: string, faults: Faults): void {
  if (ipaddr.isValid(host)) return faults.invalid(at, host, 'must be a DNS name, not an IP address');
  const fault = subdomainFault(host.startsWith('*.') ? host.slice(2) : host);
  if (fault !== undefined) faults.invalid(at, host, fault);
}

function validateBackend({ service, resource }: IngressBackend, at: string, faults: Faults): void {
  if (service && resource) return faults.invalid(at, '', 'cannot set both resource and service backends');
  if (!service && !resource) return faults.required(at, 'resource or service backend is required');
  if (!service) return;
  const { name = '', port } = service;
  const fault = name === '' ? undefined : nameFault(name, 'dns-1035-label');
  if (name === '') faults.required(`${at}.service.name`);
  else if (fault !== undefined) faults.invalid(`${at}.service.name`, name, fault);
  if (port?.name && port.number) {
    faults.invalid(at, '', 'cannot set both port name & port number');
  } else if (port?.name) {
    const problem = portNameFault(port.name);
    if (problem !== undefined) faults.invalid(`${at}.service.port.name`, port.name, problem);
  } else if (port?.number) {
    validatePort(port.number, `${at}.service.port.number`, faults);
  } else {
    faults.required(at, 'port name or number is required');
  }
}

export const ingressClassRules: KindRules<IngressClass> = {
  defaults({ spec }) {
    if (spec?.parameters) spec.parameters.scope ??= 'Cluster';
  },
  validate({ spec }, faults) {
    const controller = spec?.controller ?? '';
    if (controller === '') faults.required('spec.controller');
    else if (!controller.includes('/')) {
      faults.invalid('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")');
    }
  },
  validateUpdate({ spec }, previous, faults) {
    if (spec?.controller !== previous.spec?.controller) {
      faults.invalid('spec.controller', spec?.controller, 'field is immutable');
    }
  },
};

export const networkPolicyRules: KindRules<NetworkPolicy> = {
  defaults(policy) {
    const spec = (policy.spec ??= {});
    spec.podSelector ??= {};
    for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      for (const port of ports ?? []) port.protocol ??= 'TCP';
    }
    if (!spec.policyTypes || spec.policyTypes.length === 0) {
      // Egress counts only where the policy speaks of it (networking.k8s.io/v1 NetworkPolicySpec).
      spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    }
  },
  validate({ spec = {} }, faults) {
    validateLabelSelector(spec.podSelector ?? {}, 'spec.podSelector', faults);
    for (const [index, { from, ports }] of (spec.ingress ?? []).entries()) {
      validatePolicyRule(from, ports, `spec.ingress[${index}]`, 'from', faults);
    }
    for (const [index, { to, ports }] of (spec.egress ?? []).entries()) {
      validatePolicyRule(to, ports, `spec.egress[${index}]`, 'to', faults);
    }
    for (const [index, type] of (spec.policyTypes ?? []).entries()) {
      oneOf(type, ['Egress', 'Ingress'], `spec.policyTypes[${index}]`, faults);
    }
  },
};

function validatePolicyRule(
  peers: readonly NetworkPolicyPeer[] | undefined,
  ports: readonly NetworkPolicyPort[] | undefined,
  at: string,
  side: string,
  faults: Faults,
): void {
  for (const [index, peer] of (peers ?? []).entries()) validatePeer(peer, `${at}.${side}[${index}]`, faults);
  for (const [index, { port, endPort, protocol }] of (ports ?? []).entries()) {
    const place = `${at}.ports[${index}]`;
    oneOf(protocol, ['SCTP', 'TCP', 'UDP'], `${place}.protocol`, faults);
    if (port !== undefined) validatePortReference(port, `${place}.port`, faults);
    if (endPort === undefined) continue;
    if (typeof port !== 'number')
      faults.invalid(`${place}.endPort`, endPort, 'may not be specified when `port` is non-numeric');
    else if (endPort < port || endPort > MAX_PORT) {
      faults.invalid(`${place}.endPort`, endPort, 'must be greater than or equal to `port`');
    }
  }
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  at: string,
  faults: Faults,
): void {
  if (!podSelector && !namespaceSelector && !ipBlock) return faults.required(at, 'must specify a peer');
  if (podSelector) validateLabelSelector(podSelector, `${at}.podSelector`, faults);
  if (namespaceSelector) validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`, faults);
  if (!ipBlock) return;
  if (podSelector || namespaceSelector) faults.forbidden(at, 'may not specify both ipBlock and another peer');
  const { cidr = '', except = [] } = ipBlock;
  for (const [text, place] of [
    [cidr, `${at}.ipBlock.cidr`],
    ...except.map((each, index) => [each, `${at}.ipBlock.except[${index}]`]),
  ] as const) {
    if (!ipaddr.isValidCIDR(text ?? '')) {
      faults.invalid(place ?? at, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)');
    }
  }
}
