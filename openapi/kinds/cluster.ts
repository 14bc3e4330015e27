import ipaddr from 'ipaddr.js';
import type { Faults } from '../faults.ts';
import type { Event, IPAddress, Lease, Namespace, Node, ServiceCIDR, Taint } from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { labelValueFault, qualifiedNameFault } from './names.ts';
import { oneOf } from './pod-validation.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';
const EFFECTS = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'] as const;

export const namespaceRules: KindRules<Namespace> = {
  nameFormat: 'dns-label',
  defaults({ metadata }) {
    if (!metadata.name) return;
    metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
  },
};

export const nodeRules: KindRules<Node> = {
  defaults(node) {
    const { status } = node;
    if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
  },
  validate({ spec = {} }, faults) {
    validateTaints(spec.taints ?? [], faults);
    const cidrs = spec.podCIDRs ?? [];
    for (const [index, cidr] of cidrs.entries()) validateCidr(cidr, `spec.podCIDRs[${index}]`, faults);
    if (spec.podCIDR && cidrs.length > 0 && cidrs[0] !== spec.podCIDR) {
      faults.invalid('spec.podCIDRs[0]', cidrs[0], 'must match `podCIDR`');
    }
  },
  validateUpdate({ spec = {} }, { spec: before = {} }, faults) {
    const list = ({ podCIDR, podCIDRs }: NonNullable<Node['spec']>): string =>
      (podCIDRs ?? (podCIDR ? [podCIDR] : [])).join(',');
    if (list(before) !== '' && list(spec) !== list(before)) {
      faults.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid');
    }
    if (before.providerID && spec.providerID !== before.providerID) {
      faults.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid');
    }
  },
};

function validateTaints(taints: readonly Taint[], faults: Faults): void {
  const seen = new Set<string>();
  for (const [index, { key = '', value = '', effect }] of taints.entries()) {
    const at = `spec.taints[${index}]`;
    const keyFault = qualifiedNameFault(key);
    if (keyFault !== undefined) faults.invalid(`${at}.key`, key, keyFault);
    const valueFault = labelValueFault(value);
    if (valueFault !== undefined) faults.invalid(`${at}.value`, value, valueFault);
    oneOf(effect, EFFECTS, `${at}.effect`, faults);
    if (seen.has(`${key}:${effect}`)) faults.duplicate(at, { key, value, effect });
    seen.add(`${key}:${effect}`);
  }
}

function validateCidr(cidr: string, at: string, faults: Faults): void {
  if (!ipaddr.isValidCIDR(cidr)) {
    faults.invalid(at, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)');
  }
}

export const ipAddressRules: KindRules<IPAddress> = {
  nameFormat: 'ip-address',
  validate({ metadata, spec }, faults) {
    const { name = '' } = metadata;
    if (name !== '' && (!ipaddr.isValid(name) || ipaddr.parse(name).toString() !== name)) {
      faults.invalid('metadata.name', name, 'must be a valid IP address in canonical form');
    }
    const parent = spec?.parentRef;
    if (!parent) return faults.required('spec.parentRef');
    if (!parent.resource) faults.required('spec.parentRef.resource');
    if (!parent.name) faults.required('spec.parentRef.name');
  },
  validateUpdate({ spec }, previous, faults) {
    const text = ({ spec: each }: IPAddress): string => {
      const { group = '', resource, namespace, name } = each?.parentRef ?? {};
      return [group, resource, namespace, name].join('/');
    };
    if (text({ metadata: {}, spec }) !== text(previous))
      faults.invalid('spec.parentRef', spec?.parentRef, 'field is immutable');
  },
};

export const serviceCidrRules: KindRules<ServiceCIDR> = {
  validate({ spec }, faults) {
    const cidrs = spec?.cidrs ?? [];
    if (cidrs.length === 0) faults.required('spec.cidrs', 'at least one CIDR required');
    if (cidrs.length > 2) faults.invalid('spec.cidrs', cidrs, 'may only hold up to 2 values');
    for (const [index, cidr] of cidrs.entries()) validateCidr(cidr, `spec.cidrs[${index}]`, faults);
  },
  validateUpdate({ spec }, previous, faults) {
    if (spec?.cidrs?.join() !== previous.spec?.cidrs?.join())
      faults.invalid('spec.cidrs', spec?.cidrs, 'field is immutable');
  },
};

export const leaseRules: KindRules<Lease> = {
  validate({ spec }, faults) {
    const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec ?? {};
    if (duration !== undefined && duration <= 0) {
      faults.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0');
    }
    if (transitions !== undefined && transitions < 0) {
      faults.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0');
    }
  },
};

export const eventRules: KindRules<Event> = {
  validate({ metadata, involvedObject }, faults) {
    const { namespace = '' } = involvedObject ?? {};
    if (namespace !== '' && namespace !== metadata.namespace) {
      faults.invalid('involvedObject.namespace', namespace, 'does not match event.namespace');
    }
    // An event about something without a namespace is kept in default (or the system's own namespace).
    if (namespace === '' && metadata.namespace !== 'default' && metadata.namespace !== 'kube-system') {
      faults.invalid('involvedObject.namespace', namespace, 'does not match event.namespace');
    }
  },
};
