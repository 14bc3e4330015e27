import type { Pod, PriorityClass } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { errors } from '../errors.ts';
import type { Registry } from '../registry/registry.ts';
import type { AdmissionRequest, AdmissionStep } from './admission.ts';

/** A pod's priority is its class's; one class at most is everybody's (k8s plugin/pkg/admission/priority). */
export function priority(registry: Registry): AdmissionStep {
  const classes = (): PriorityClass[] =>
    registry
      .of(resources.priorityclasses)
      .cache.list(undefined)
      .map(({ object }) => object as unknown as PriorityClass);
  return {
    name: 'Priority',
    mutate(request) {
      const { operation, definition, subresource, object } = request;
      if (operation !== 'CREATE' || definition !== resources.pods || subresource !== '' || !object) return;
      setPriority(request, (object as unknown as Pod).spec ?? {}, classes());
    },
    validate({ definition, object, name }) {
      const wanted = object as unknown as PriorityClass | undefined;
      if (definition !== resources.priorityclasses || !wanted?.globalDefault) return;
      const other = classes().find(({ globalDefault, metadata }) => globalDefault && metadata.name !== name);
      if (!other) return;
      throw errors.forbidden(
        definition,
        name,
        `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
      );
    },
  };
}

function setPriority(
  { definition, name }: AdmissionRequest,
  spec: NonNullable<Pod['spec']>,
  classes: readonly PriorityClass[],
): void {
  const wanted = spec.priorityClassName ?? '';
  const found =
    wanted === ''
      ? classes.find(({ globalDefault }) => globalDefault)
      : classes.find(({ metadata }) => metadata.name === wanted);
  if (wanted !== '' && !found) {
    throw errors.forbidden(definition, name, `no PriorityClass with name ${wanted} was found`);
  }
  const value = found?.value ?? 0;
  if (spec.priority !== undefined && spec.priority !== value) {
    throw errors.forbidden(
      definition,
      name,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  if (found) spec.priorityClassName = found.metadata.name;
  spec.priority = value;
  spec.preemptionPolicy ??= found?.preemptionPolicy ?? 'PreemptLowerPriority';
}
