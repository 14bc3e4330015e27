import type { Pod, Toleration } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { AdmissionStep } from './admission.ts';

export interface DefaultTolerations {
  readonly notReadySeconds: number;
  readonly unreachableSeconds: number;
}

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** How long a pod stays on a node that does not answer, unless it says so itself. */
export function defaultTolerationSeconds(defaults: DefaultTolerations): AdmissionStep {
  return {
    name: 'DefaultTolerationSeconds',
    mutate({ operation, definition, subresource, object }) {
      if (operation !== 'CREATE' || definition !== resources.pods || subresource !== '' || !object) return;
      const { spec } = object as unknown as Pod;
      if (!spec) return;
      const tolerations = spec.tolerations ?? [];
      const added = [
        ...missing(tolerations, NOT_READY, defaults.notReadySeconds),
        ...missing(tolerations, UNREACHABLE, defaults.unreachableSeconds),
      ];
      if (added.length > 0) spec.tolerations = [...tolerations, ...added];
    },
  };
}

function missing(tolerations: readonly Toleration[], key: string, seconds: number): Toleration[] {
  const covered = tolerations.some(
    (each) => (!each.key || each.key === key) && (!each.effect || each.effect === 'NoExecute'),
  );
  return covered ? [] : [{ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds }];
}
