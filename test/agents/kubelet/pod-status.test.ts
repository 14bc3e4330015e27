import { describe, expect, it } from 'vitest';
import { type PodObservation, podStatus } from '../../../agents/kubelet/pod-status.ts';
import type { ContainerStatus, Pod } from '../../../openapi/generated/types.ts';

const NOW = Date.UTC(2026, 0, 1);
const running: ContainerStatus = { name: 'r', ready: true, state: { running: {} } };
const ended = (exitCode: number): ContainerStatus => ({
  name: `e${exitCode}`,
  ready: false,
  state: { terminated: { exitCode } },
});
const waiting: ContainerStatus = {
  name: 'w',
  ready: false,
  state: { waiting: { reason: 'ContainerCreating' } },
};
const crashed: ContainerStatus = { ...waiting, name: 'c', lastState: { terminated: { exitCode: 1 } } };

function status(restartPolicy: string, observed: Partial<PodObservation>, pod: Partial<Pod> = {}) {
  const whole = { metadata: {}, ...pod, spec: { restartPolicy, ...pod.spec } };
  const seen = {
    hostIps: ['172.18.0.2'],
    podIps: ['10.244.0.2'],
    startTime: NOW,
    initContainers: [],
    terminating: false,
  };
  return podStatus(whole, { ...seen, containers: [running], ...observed }, NOW + 5_000);
}

describe('the phase', () => {
  it.each([
    ['Always', [running], 'Running'],
    ['Always', [waiting, running], 'Pending'],
    ['Always', [crashed], 'Running'],
    ['Always', [ended(0)], 'Running'],
    ['Always', [ended(1)], 'Running'],
    ['OnFailure', [ended(0)], 'Succeeded'],
    ['OnFailure', [ended(1), ended(0)], 'Running'],
    ['OnFailure', [crashed, ended(0)], 'Running'],
    ['Never', [ended(0), ended(0)], 'Succeeded'],
    ['Never', [ended(0), ended(1)], 'Failed'],
    ['Never', [ended(1), running], 'Running'],
    ['Never', [waiting], 'Pending'],
  ])('with restartPolicy %s and %j is %3$s', (policy, containers, phase) => {
    expect(status(policy, { containers }).phase).toBe(phase);
  });

  it.each([
    ['Always', 0, 'Succeeded'],
    ['Always', 137, 'Failed'],
    ['OnFailure', 1, 'Failed'],
    ['Never', 0, 'Succeeded'],
  ])('of a deleted pod with restartPolicy %s is final once it exits %i: %s', (policy, code, phase) => {
    const seen = { containers: [ended(code)], terminating: true };
    expect(status(policy, seen).phase).toBe(phase);
    expect(status(policy, { ...seen, containers: [ended(code), running] }).phase).toBe('Running');
  });

  it.each([
    ['Never', 'Failed'],
    ['Always', 'Pending'],
    ['OnFailure', 'Pending'],
  ])('after an init container failed, with restartPolicy %s, is %s', (policy, phase) => {
    expect(status(policy, { initContainers: [ended(1)], containers: [waiting] }).phase).toBe(phase);
  });
});

function conditionsOf(result: ReturnType<typeof status>): Record<string, unknown> {
  return Object.fromEntries(
    result.conditions!.map(({ type, status: value, reason }) => [type, reason ?? value]),
  );
}

describe('the conditions', () => {
  it('of a pod that is well', () => {
    expect(conditionsOf(status('Always', {}))).toEqual({
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'True',
      ContainersReady: 'True',
      PodScheduled: 'True',
    });
  });

  it('name what is missing', () => {
    const result = status('Always', {
      containers: [running, waiting, crashed],
      initContainers: [waiting],
      podIps: [],
    });
    expect(conditionsOf(result)).toMatchObject({
      PodReadyToStartContainers: 'False',
      Initialized: 'ContainersNotInitialized',
      Ready: 'ContainersNotReady',
    });
    expect(result.conditions!.find(({ type }) => type === 'Ready')!.message).toBe(
      'containers with unready status: [w c]',
    );
    expect(result.podIP).toBeUndefined();
  });

  it.each([
    [0, 'PodCompleted'],
    [1, 'PodFailed'],
  ])('of a pod that ended with %i say %s', (code, reason) => {
    expect(conditionsOf(status('Never', { containers: [ended(code)] }))).toMatchObject({
      Ready: reason,
      ContainersReady: reason,
    });
  });

  it('wait for the readiness gates', () => {
    const spec = { readinessGates: [{ conditionType: 'example.com/lb' }] };
    expect(conditionsOf(status('Always', {}, { spec }))).toMatchObject({
      Ready: 'ReadinessGatesNotReady',
      ContainersReady: 'True',
    });
    const gate = { type: 'example.com/lb', status: 'True' };
    const open = status('Always', {}, { spec, status: { conditions: [gate] } });
    expect(conditionsOf(open)).toMatchObject({ Ready: 'True', 'example.com/lb': 'True' });
  });

  it('keep the time of their last change', () => {
    const before = [
      { type: 'Ready', status: 'True', lastTransitionTime: '2025-12-31T00:00:00Z' },
      { type: 'Initialized', status: 'False', lastTransitionTime: '2025-12-31T00:00:00Z' },
    ];
    const times = Object.fromEntries(
      status('Always', {}, { status: { conditions: before } }).conditions!.map((each) => [
        each.type,
        each.lastTransitionTime,
      ]),
    );
    expect(times).toMatchObject({ Ready: '2025-12-31T00:00:00Z', Initialized: '2026-01-01T00:00:05Z' });
  });
});
