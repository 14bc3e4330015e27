import type { Faults } from '../faults.ts';
import type { KubernetesObject } from '../resources.ts';

/** What a kind adds to its schema. Functions are pure but for the object that defaults are written into. */
export interface KindRules<T extends KubernetesObject> {
  /** How metadata.name must be formed; a DNS subdomain unless said otherwise. */
  readonly nameFormat?: NameFormat;
  /** Fills in what the user left out. Must be idempotent: it runs again after admission. */
  defaults?(object: T): void;
  /** Reports every fault of a new or changed object; what of it was there before may be let pass. */
  validate?(object: T, faults: Faults, previous?: T): void;
  /** Reports what must not change. */
  validateUpdate?(object: T, previous: T, faults: Faults): void;
}

export type NameFormat = 'dns-label' | 'dns-1035-label' | 'dns-subdomain' | 'ip-address' | 'path-segment';
