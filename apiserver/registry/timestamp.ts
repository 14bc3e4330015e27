import type { Clock } from '../../platform/clock.ts';

let second = Number.NaN;
let text = '';

/** metav1.Time: whole seconds. Written once a second, however many objects ask for it. */
export function timestamp(clock: Clock): string {
  const now = Math.floor(clock.now() / 1000);
  if (now !== second) {
    second = now;
    text = `${new Date(now * 1000).toISOString().slice(0, 19)}Z`;
  }
  return text;
}
