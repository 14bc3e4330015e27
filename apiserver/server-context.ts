import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Rng } from '../platform/rng.ts';
import type { AdmissionChain } from './admission/admission.ts';
import type { Authorizer } from './authorization/authorizer.ts';
import type { KubeletProxy } from './kubelet-proxy.ts';
import type { ApiMetrics } from './metrics.ts';
import type { Registry } from './registry/registry.ts';

/** What every handler may use. */
export interface ServerContext {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly admission: AdmissionChain;
  readonly authorizer: Authorizer;
  readonly metrics: ApiMetrics;
  readonly kubeletProxy: KubeletProxy | undefined;
}
