import type { Node, Pod } from '../../openapi/generated/types.ts';
import { tolerationCovers } from '../runtime/taint.ts';

/**
 * When a pod must leave its node because of NoExecute taints: undefined if it may stay, otherwise a time in
 * milliseconds, which may have passed. A toleration without tolerationSeconds has no end.
 * (k8s pkg/controller/tainteviction)
 */
export function evictionTime(pod: Pod, node: Node): number | undefined {
  let earliest: number | undefined;
  for (const taint of node.spec?.taints ?? []) {
    if (taint.effect !== 'NoExecute') continue;
    const covering = (pod.spec?.tolerations ?? []).filter((toleration) =>
      tolerationCovers(toleration, taint),
    );
    const seconds =
      covering.length === 0 ? 0 : shortest(covering.map(({ tolerationSeconds }) => tolerationSeconds));
    if (seconds === undefined) continue;
    const due = Date.parse(taint.timeAdded ?? '') + seconds * 1000;
    if (earliest === undefined || due < earliest) earliest = due;
  }
  return earliest;
}

function shortest(seconds: readonly (number | undefined)[]): number | undefined {
  const finite = seconds.filter((value) => value !== undefined);
  return finite.length === 0 ? undefined : Math.max(0, Math.min(...finite));
}
