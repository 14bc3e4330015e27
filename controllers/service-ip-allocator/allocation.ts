import type { ServiceSpec } from '../../openapi/generated/types.ts';

/** A fault of the request, with its field, as the API server reports it. */
export interface AllocationFault {
  readonly field: string;
  readonly value: unknown;
  readonly message: string;
}

export type Allocation =
  | { readonly kind: 'allocated'; readonly spec: ServiceSpec }
  | { readonly kind: 'refused'; readonly fault: AllocationFault };

export const refused = (field: string, value: unknown, message: string): Allocation => ({
  kind: 'refused',
  fault: { field, value, message },
});
