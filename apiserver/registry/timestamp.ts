import type { Clock } from '../../platform/clock.ts';

/** metav1.Time: whole seconds. */
export function timestamp(clock: Clock): string {
  return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
}
