import { describe, expect, it } from 'vitest';
import type { CronJob, Job, StatefulSet } from '../../../openapi/generated/types.ts';
import { cronScheduleFault } from '../../../openapi/kinds/cron-schedule.ts';
import { defaulted, faultsOf } from './faults-of.ts';

const metadata = { name: 'a', namespace: 'default' };
const template = (restartPolicy: string) => ({
  metadata: { labels: { app: 'a' } },
  spec: { restartPolicy, containers: [{ name: 'main', image: 'busybox' }] },
});
const job = (spec: Job['spec']): Job => ({
  metadata,
  spec: { selector: { matchLabels: { app: 'a' } }, template: template('Never'), ...spec },
});

describe('Job', () => {
  it('runs once unless told otherwise', () => {
    expect(defaulted('batch.v1.Job', job({})).spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
    });
  });

  it('ends, so its pods must not restart for ever', () => {
    expect(faultsOf('batch.v1.Job', job({}))).toEqual([]);
    expect(faultsOf('batch.v1.Job', job({ template: template('Always') }))).toEqual([
      'spec.template.spec.restartPolicy: Unsupported value: "Always": supported values: "Never", "OnFailure"',
    ]);
  });

  it('keeps its template and completions', () => {
    const changed = job({ template: template('OnFailure'), completions: 3 });
    expect(faultsOf('batch.v1.Job', changed, job({}))).toEqual([
      'spec.completions: Invalid value: 3: field is immutable',
      expect.stringMatching(/^spec\.template: .*field is immutable$/),
    ]);
    expect(faultsOf('batch.v1.Job', job({ parallelism: 4, completions: 1 }), job({}))).toEqual([]);
  });
});

describe('CronJob', () => {
  const cronJob = (spec: CronJob['spec']): CronJob => ({
    metadata,
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template: template('OnFailure') } }, ...spec },
  });

  it('keeps three successes and one failure', () => {
    expect(defaulted('batch.v1.CronJob', cronJob({})).spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
  });

  it.each([
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['9-5 * * * *', 'beginning of range (9) beyond end of range (5): 9-5'],
    ['@sometimes', 'unrecognized descriptor: @sometimes'],
    ['TZ=UTC * * * * *', 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
  ])('refuses the schedule %s', (schedule, fault) => {
    expect(faultsOf('batch.v1.CronJob', cronJob({ schedule }))).toEqual([
      `spec.schedule: Invalid value: ${JSON.stringify(schedule)}: ${fault}`,
    ]);
  });

  it.each(['*/5 0-6,12 1 jan-Mar MON', '@daily', '@every 1h30m', '0 0 ? * *'])('takes %s', (schedule) => {
    expect(cronScheduleFault(schedule, false)).toBeUndefined();
  });

  it('refuses a time zone that is none', () => {
    expect(faultsOf('batch.v1.CronJob', cronJob({ timeZone: 'Europe/Rome' }))).toEqual([]);
    expect(faultsOf('batch.v1.CronJob', cronJob({ timeZone: 'Mars/Base' }))).toEqual([
      'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base',
    ]);
  });
});

describe('StatefulSet', () => {
  const set = (spec: StatefulSet['spec']): StatefulSet => ({
    metadata,
    spec: { selector: { matchLabels: { app: 'a' } }, template: template('Always'), ...spec },
  });

  it('fills in what users leave out', () => {
    const { spec } = defaulted(
      'apps.v1.StatefulSet',
      set({ volumeClaimTemplates: [{ metadata: { name: 'data' } }] }),
    );
    expect(spec).toMatchObject({
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      volumeClaimTemplates: [
        { kind: 'PersistentVolumeClaim', apiVersion: 'v1', spec: { volumeMode: 'Filesystem' } },
      ],
    });
  });

  it('keeps what its pods are found by', () => {
    expect(faultsOf('apps.v1.StatefulSet', set({ replicas: 3 }), set({}))).toEqual([]);
    expect(faultsOf('apps.v1.StatefulSet', set({ serviceName: 'other' }), set({}))).toEqual([
      expect.stringContaining(
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas'",
      ),
    ]);
  });
});
