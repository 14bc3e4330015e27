import { deepEqual } from '../deep-equal.ts';
import type { Faults } from '../faults.ts';
import type { CronJob, Job, JobSpec } from '../generated/types.ts';
import { cronScheduleFault } from './cron-schedule.ts';
import type { KindRules } from './kind-rules.ts';
import { isEmptySelector, selectorMatches, validateLabelSelector } from './label-selector.ts';
import { notNegative, oneOf, validatePodSpec } from './pod-validation.ts';
import { defaultTemplate } from './workloads.ts';

/** A CronJob's name leaves room for the suffix that its Jobs get. */
const MAX_CRON_JOB_NAME = 52;
const RESTART_POLICIES = ['Never', 'OnFailure'];

export const jobRules: KindRules<Job> = {
  defaults: (job) => defaultJobSpec((job.spec ??= {})),
  validate({ spec = {} }, faults) {
    validateJobSpec(spec, 'spec', faults);
    if (!spec.selector) return faults.required('spec.selector');
    validateLabelSelector(spec.selector, 'spec.selector', faults);
    const labels = spec.template?.metadata?.labels ?? {};
    if (isEmptySelector(spec.selector) || !selectorMatches(spec.selector, labels)) {
      faults.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
    }
  },
  validateUpdate({ spec = {} }, { spec: before = {} }, faults) {
    const fixed = [
      'selector',
      'completionMode',
      'podFailurePolicy',
      'backoffLimitPerIndex',
      'managedBy',
    ] as const;
    for (const field of fixed) {
      if (!deepEqual(spec[field], before[field]))
        faults.invalid(`spec.${field}`, spec[field], 'field is immutable');
    }
    // Elastic indexed Jobs grow and shrink with their parallelism (KEP-3715).
    const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
    if (spec.completions !== before.completions && !elastic) {
      faults.invalid('spec.completions', spec.completions, 'field is immutable');
    }
    if (!before.suspend && !deepEqual(spec.template, before.template)) {
      faults.invalid('spec.template', spec.template, 'field is immutable');
    }
  },
};

export const cronJobRules: KindRules<CronJob> = {
  defaults(cronJob) {
    const spec = (cronJob.spec ??= {});
    spec.concurrencyPolicy ||= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    defaultTemplate(spec.jobTemplate?.spec?.template);
  },
  validate({ metadata, spec = {} }, faults) {
    if ((metadata.name ?? '').length > MAX_CRON_JOB_NAME) {
      faults.invalid('metadata.name', metadata.name, 'must be no more than 52 characters');
    }
    if (!spec.schedule) faults.required('spec.schedule');
    else {
      const fault = cronScheduleFault(spec.schedule, spec.timeZone !== undefined);
      if (fault !== undefined) faults.invalid('spec.schedule', spec.schedule, fault);
    }
    validateTimeZone(spec.timeZone, faults);
    notNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds', faults);
    notNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit', faults);
    notNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit', faults);
    oneOf(spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], 'spec.concurrencyPolicy', faults);
    validateJobSpec(spec.jobTemplate?.spec ?? {}, 'spec.jobTemplate.spec', faults);
  },
};

function defaultJobSpec(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1;
    spec.parallelism = 1;
  }
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  spec.manualSelector ??= false;
  defaultTemplate(spec.template);
}

function validateJobSpec(spec: JobSpec, at: string, faults: Faults): void {
  const counts = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'backoffLimitPerIndex',
    'ttlSecondsAfterFinished',
  ] as const;
  for (const field of counts) notNegative(spec[field], `${at}.${field}`, faults);
  if (spec.completionMode !== undefined) {
    oneOf(spec.completionMode, ['NonIndexed', 'Indexed'], `${at}.completionMode`, faults);
  }
  if (spec.completionMode === 'Indexed' && spec.completions === undefined) {
    faults.required(`${at}.completions`, 'when completion mode is Indexed');
  }
  const pod = spec.template?.spec ?? {};
  validatePodSpec(pod, `${at}.template.spec`, faults);
  if (!RESTART_POLICIES.includes(pod.restartPolicy ?? '')) {
    if (pod.restartPolicy) {
      faults.notSupported(`${at}.template.spec.restartPolicy`, pod.restartPolicy, RESTART_POLICIES);
    } else faults.required(`${at}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"');
  }
}

function validateTimeZone(zone: string | undefined, faults: Faults): void {
  if (zone === undefined) return;
  if (zone === '') return faults.invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string');
  if (zone.toLowerCase() === 'local')
    return faults.invalid(
      'spec.timeZone',
      zone,
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    );
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    faults.invalid('spec.timeZone', zone, `unknown time zone ${zone}`);
  }
}
