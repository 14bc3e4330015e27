import type {
  APIService,
  LimitRange,
  PriorityClass,
  ResourceQuota,
  RuntimeClass,
} from '../generated/types.ts';
import { quantityNanos } from '../quantity.ts';
import type { KindRules } from './kind-rules.ts';
import { nameFault } from './names.ts';
import { oneOf } from './pod-validation.ts';

const HIGHEST_USER_PRIORITY = 1_000_000_000;

export const priorityClassRules: KindRules<PriorityClass> = {
  defaults(priorityClass) {
    priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate({ metadata, value = 0, preemptionPolicy }, faults) {
    if (value > HIGHEST_USER_PRIORITY && !metadata.name?.startsWith('system-')) {
      faults.forbidden(
        'value',
        `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`,
      );
    }
    oneOf(preemptionPolicy, ['Never', 'PreemptLowerPriority'], 'preemptionPolicy', faults);
  },
  validateUpdate({ value = 0, preemptionPolicy }, previous, faults) {
    if (value !== (previous.value ?? 0)) faults.forbidden('value', 'may not be changed in an update.');
    if (preemptionPolicy !== previous.preemptionPolicy)
      faults.invalid('preemptionPolicy', preemptionPolicy, 'field is immutable');
  },
};

export const runtimeClassRules: KindRules<RuntimeClass> = {
  validate({ handler = '' }, faults) {
    const fault = nameFault(handler, 'dns-label');
    if (fault !== undefined) faults.invalid('handler', handler, fault);
  },
  validateUpdate({ handler }, previous, faults) {
    if (handler !== previous.handler) faults.invalid('handler', handler, 'field is immutable');
  },
};

export const resourceQuotaRules: KindRules<ResourceQuota> = {
  validate({ spec = {} }, faults) {
    for (const [name, quantity] of Object.entries(spec.hard ?? {})) {
      if ((quantityNanos(quantity) ?? 0n) < 0n)
        faults.invalid(`spec.hard[${name}]`, quantity, 'must be greater than or equal to 0');
    }
  },
  validateUpdate({ spec }, previous, faults) {
    const scopes = (quota: typeof spec): string => JSON.stringify([...(quota?.scopes ?? [])].sort());
    if (scopes(spec) !== scopes(previous.spec))
      faults.invalid('spec.scopes', spec?.scopes, 'field is immutable');
  },
};

export const limitRangeRules: KindRules<LimitRange> = {
  defaults({ spec }) {
    // A limit that stands alone is also the default, and a default limit the default request.
    for (const item of spec?.limits ?? []) {
      if (item.type !== 'Container') continue;
      if (item.max) item.default = { ...item.max, ...item.default };
      if (item.default) item.defaultRequest = { ...item.default, ...item.min, ...item.defaultRequest };
    }
  },
  validate({ spec = {} }, faults) {
    for (const [index, { type, min = {}, max = {} }] of (spec.limits ?? []).entries()) {
      const at = `spec.limits[${index}]`;
      if (!type) faults.required(`${at}.type`);
      for (const [name, least] of Object.entries(min)) {
        const most = max[name];
        if (most !== undefined && (quantityNanos(least) ?? 0n) > (quantityNanos(most) ?? 0n)) {
          faults.invalid(`${at}.min[${name}]`, least, `min value ${least} is greater than max value ${most}`);
        }
      }
    }
  },
};

export const apiServiceRules: KindRules<APIService> = {
  nameFormat: 'path-segment',
  validate({ metadata, spec = {} }, faults) {
    const {
      group = '',
      version = '',
      service,
      insecureSkipTLSVerify,
      caBundle,
      groupPriorityMinimum = 0,
      versionPriority = 0,
    } = spec;
    const name = `${version}.${group}`;
    if (metadata.name !== name)
      faults.invalid('metadata.name', metadata.name, `must be \`spec.version+"."+spec.group\`: "${name}"`);
    if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20000) {
      faults.invalid(
        'spec.groupPriorityMinimum',
        groupPriorityMinimum,
        'must be positive and less than 20000',
      );
    }
    if (versionPriority <= 0 || versionPriority > 1000)
      faults.invalid('spec.versionPriority', versionPriority, 'must be positive and less than 1000');
    if (insecureSkipTLSVerify && caBundle)
      faults.invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present');
    if (service && !service.namespace) faults.required('spec.service.namespace');
    if (service && !service.name) faults.required('spec.service.name');
  },
};
