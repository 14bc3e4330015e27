import type { Pod, Taint, Toleration } from '../../openapi/generated/types.ts';

/** Whether a toleration covers a taint (k8s core/v1 Toleration.ToleratesTaint). */
export function tolerationCovers(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return Boolean(toleration.key) && (toleration.value ?? '') === (taint.value ?? '');
}

export function toleratesTaint(pod: Pod, taint: Taint): boolean {
  return (pod.spec?.tolerations ?? []).some((toleration) => tolerationCovers(toleration, taint));
}
