import { deepEqual } from '../deep-equal.ts';
import type { Faults } from '../faults.ts';
import type {
  CertificateSigningRequest,
  ClusterRole,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { validateLabelSelector } from './label-selector.ts';
import { nameFault } from './names.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';
const USAGES = [
  'signing',
  'digital signature',
  'content commitment',
  'key encipherment',
  'key agreement',
  'data encipherment',
  'cert sign',
  'crl sign',
  'encipher only',
  'decipher only',
  'any',
  'server auth',
  'client auth',
  'code signing',
  'email protection',
  's/mime',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'timestamping',
  'ocsp signing',
  'microsoft sgc',
  'netscape sgc',
];
/** A client may ask for no less (k8s certificates validation.go). */
const MIN_EXPIRATION_SECONDS = 600;

interface Binding {
  subjects?: Subject[] | undefined;
  roleRef?: RoleRef | undefined;
}

export const roleRules: KindRules<Role> = {
  nameFormat: 'path-segment',
  validate: ({ rules = [] }, faults) => validateRules(rules, true, faults),
};

export const clusterRoleRules: KindRules<ClusterRole> = {
  nameFormat: 'path-segment',
  validate({ rules = [], aggregationRule }, faults) {
    validateRules(rules, false, faults);
    if (!aggregationRule) return;
    const selectors = aggregationRule.clusterRoleSelectors ?? [];
    if (selectors.length === 0) {
      faults.required(
        'aggregationRule.clusterRoleSelectors',
        'at least one clusterRoleSelector required if aggregationRule is non-nil',
      );
    }
    for (const [index, selector] of selectors.entries()) {
      validateLabelSelector(selector, `aggregationRule.clusterRoleSelectors[${index}]`, faults);
    }
  },
};

export const roleBindingRules: KindRules<RoleBinding> = {
  nameFormat: 'path-segment',
  defaults: defaultBinding,
  validate: (binding, faults) => validateBinding(binding, ['Role', 'ClusterRole'], true, faults),
  validateUpdate: validateSameRole,
};

export const clusterRoleBindingRules: KindRules<RoleBinding> = {
  nameFormat: 'path-segment',
  defaults: defaultBinding,
  validate: (binding, faults) => validateBinding(binding, ['ClusterRole'], false, faults),
  validateUpdate: validateSameRole,
};

export const certificateSigningRequestRules: KindRules<CertificateSigningRequest> = {
  defaults({ spec }) {
    if (spec && !spec.usages?.length) spec.usages = ['digital signature', 'key encipherment'];
  },
  validate({ spec = {} }, faults) {
    const { request, signerName, usages = [], expirationSeconds } = spec;
    if (!request) faults.required('spec.request');
    else if (!/-----BEGIN CERTIFICATE REQUEST-----/.test(Buffer.from(request, 'base64').toString('latin1'))) {
      faults.invalid('spec.request', '<request>', 'PEM block type must be CERTIFICATE REQUEST');
    }
    if (!signerName) faults.required('spec.signerName');
    else if (!/^[a-z0-9.-]+\.[a-z0-9.-]+\/\S+$/.test(signerName)) {
      faults.invalid(
        'spec.signerName',
        signerName,
        'must be a fully qualified domain and path of the form "example.com/signer-name"',
      );
    }
    for (const [index, usage] of usages.entries()) {
      if (!USAGES.includes(usage)) faults.notSupported(`spec.usages[${index}]`, usage, USAGES);
    }
    if (expirationSeconds !== undefined && expirationSeconds < MIN_EXPIRATION_SECONDS) {
      faults.invalid(
        'spec.expirationSeconds',
        expirationSeconds,
        `may not specify a duration less than ${MIN_EXPIRATION_SECONDS} seconds (10 minutes)`,
      );
    }
  },
  validateUpdate({ spec, status }, previous, faults) {
    if (!deepEqual(spec, previous.spec)) faults.invalid('spec', spec, 'field is immutable');
    const issued = previous.status?.certificate;
    if (issued !== undefined && status?.certificate !== issued)
      faults.forbidden('status.certificate', 'updates may not modify a certificate once it is issued');
  },
};

function validateRules(rules: readonly PolicyRule[], namespaced: boolean, faults: Faults): void {
  for (const [index, rule] of rules.entries()) validateRule(rule, index, namespaced, faults);
}

function validateRule(rule: PolicyRule, index: number, namespaced: boolean, faults: Faults): void {
  const at = `rules[${index}]`;
  if (!rule.verbs?.length) faults.required(`${at}.verbs`, 'verbs must contain at least one value');
  if (rule.nonResourceURLs?.length) {
    if (namespaced)
      faults.invalid(
        `${at}.nonResourceURLs`,
        rule.nonResourceURLs,
        'namespaced rules cannot apply to non-resource URLs',
      );
    if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
      faults.invalid(
        `${at}.nonResourceURLs`,
        rule.nonResourceURLs,
        'rules cannot apply to both regular resources and non-resource URLs',
      );
    }
    return;
  }
  if (!rule.apiGroups?.length)
    faults.required(`${at}.apiGroups`, 'resource rules must supply at least one api group');
  if (!rule.resources?.length)
    faults.required(`${at}.resources`, 'resource rules must supply at least one resource');
}

function defaultBinding({ subjects, roleRef }: Binding): void {
  if (roleRef) roleRef.apiGroup ||= RBAC_GROUP;
  for (const subject of subjects ?? []) {
    if (subject.kind !== 'ServiceAccount') subject.apiGroup ||= RBAC_GROUP;
  }
}

function validateBinding(
  { subjects = [], roleRef = {} }: Binding,
  kinds: readonly string[],
  namespaced: boolean,
  faults: Faults,
): void {
  if (roleRef.apiGroup !== RBAC_GROUP)
    faults.notSupported('roleRef.apiGroup', roleRef.apiGroup, [RBAC_GROUP]);
  if (!kinds.includes(roleRef.kind ?? '')) faults.notSupported('roleRef.kind', roleRef.kind ?? '', kinds);
  if (!roleRef.name) faults.required('roleRef.name');
  else {
    const fault = nameFault(roleRef.name, 'path-segment');
    if (fault !== undefined) faults.invalid('roleRef.name', roleRef.name, fault);
  }
  for (const [index, subject] of subjects.entries())
    validateSubject(subject, `subjects[${index}]`, namespaced, faults);
}

function validateSubject(subject: Subject, at: string, namespaced: boolean, faults: Faults): void {
  const { kind = '', name, namespace, apiGroup = '' } = subject;
  if (!name) faults.required(`${at}.name`);
  if (kind === 'ServiceAccount') {
    if (apiGroup !== '') faults.notSupported(`${at}.apiGroup`, apiGroup, ['']);
    if (!namespaced && !namespace) faults.required(`${at}.namespace`);
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== RBAC_GROUP) faults.notSupported(`${at}.apiGroup`, apiGroup, [RBAC_GROUP]);
  } else faults.notSupported(`${at}.kind`, kind, ['ServiceAccount', 'User', 'Group']);
}

function validateSameRole({ roleRef }: Binding, previous: Binding, faults: Faults): void {
  if (!deepEqual(roleRef, previous.roleRef)) faults.invalid('roleRef', roleRef, 'cannot change roleRef');
}
