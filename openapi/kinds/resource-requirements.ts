import type { Faults } from '../faults.ts';
import type { ResourceRequirements } from '../generated/types.ts';
import { quantityNanos } from '../quantity.ts';

/** Amounts are not negative, and nothing is asked for beyond its limit. */
export function validateResources(
  resources: ResourceRequirements | undefined,
  at: string,
  faults: Faults,
): void {
  const { requests = {}, limits = {} } = resources ?? {};
  for (const [part, amounts] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, amount] of Object.entries(amounts)) {
      if ((quantityNanos(amount) ?? 0n) < 0n) {
        faults.invalid(`${at}.${part}.${name}`, amount, 'must be greater than or equal to 0');
      }
    }
  }
  for (const [name, amount] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined || (quantityNanos(amount) ?? 0n) <= (quantityNanos(limit) ?? 0n)) continue;
    faults.invalid(`${at}.requests`, amount, `must be less than or equal to ${name} limit of ${limit}`);
  }
}
