import type { Faults } from '../faults.ts';
import type { Container, Pod, PodSpec, Toleration } from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { defaultPodOnly, defaultPodSpec } from './pod-defaults.ts';
import { validatePodSpec } from './pod-validation.ts';

export const podRules: KindRules<Pod> = {
  defaults(pod) {
    pod.spec ??= {};
    defaultPodSpec(pod.spec);
    defaultPodOnly(pod.spec);
  },
  validate(pod, faults) {
    validatePodSpec(pod.spec ?? {}, 'spec', faults);
  },
  validateUpdate(pod, previous, faults) {
    const spec = pod.spec ?? {};
    const before = previous.spec ?? {};
    validateNodeName(spec, before, faults);
    validateTolerations(spec.tolerations ?? [], before.tolerations ?? [], faults);
    validateDeadline(spec, before, faults);
    if (comparable(spec, before) !== JSON.stringify(sorted(before))) faults.forbidden('spec', IMMUTABLE);
  },
};

const IMMUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Only a binding gives a pod its node, and only once. */
function validateNodeName(spec: PodSpec, before: PodSpec, faults: Faults): void {
  if (before.nodeName && spec.nodeName !== before.nodeName)
    faults.forbidden('spec.nodeName', 'field is immutable');
}

function validateTolerations(
  now: readonly Toleration[],
  before: readonly Toleration[],
  faults: Faults,
): void {
  const same = (a: Toleration, b: Toleration): boolean =>
    a.key === b.key && a.operator === b.operator && a.effect === b.effect && a.value === b.value;
  if (before.every((old) => now.some((item) => same(item, old)))) return;
  faults.forbidden(
    'spec.tolerations',
    'existing toleration can not be modified except its tolerationSeconds',
  );
}

function validateDeadline(spec: PodSpec, before: PodSpec, faults: Faults): void {
  const { activeDeadlineSeconds: now } = spec;
  const { activeDeadlineSeconds: old } = before;
  if (old === undefined) return;
  if (now === undefined)
    faults.invalid(
      'spec.activeDeadlineSeconds',
      null,
      'must not update from a positive integer to nil value',
    );
  else if (now > old)
    faults.invalid('spec.activeDeadlineSeconds', now, `must be less than or equal to previous value`);
}

/** The new spec with everything that may change set back to what it was. */
function comparable(spec: PodSpec, before: PodSpec): string {
  const images = (now: Container[] | undefined, old: Container[] | undefined): Container[] | undefined =>
    now?.map((container, index) => ({ ...container, image: old?.[index]?.image }));
  return JSON.stringify(
    sorted({
      ...spec,
      containers: images(spec.containers, before.containers),
      initContainers: images(spec.initContainers, before.initContainers),
      ephemeralContainers: before.ephemeralContainers,
      activeDeadlineSeconds: before.activeDeadlineSeconds,
      tolerations: before.tolerations,
      nodeName: before.nodeName,
      schedulingGates: spec.schedulingGates?.length ? spec.schedulingGates : before.schedulingGates,
    }),
  );
}

/** The same value with keys in order, for comparing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    pairs.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  );
}
