import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Rng } from '../platform/rng.ts';
import type { AdmissionChain } from './admission/admission.ts';
import type { AuditLog } from './audit/audit-log.ts';
import type { Authenticator } from './authentication/authenticator.ts';
import type { ServiceAccountTokens } from './authentication/service-account-tokens.ts';
import type { AccessAttributes, Verdict } from './authorization/authorizer.ts';
import type { RbacAuthorizer } from './authorization/rbac-authorizer.ts';
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
  readonly authenticator: Authenticator;
  readonly serviceAccounts: ServiceAccountTokens;
  /** Whether a request may be made. */
  readonly authorize: (attributes: AccessAttributes) => Verdict;
  readonly rbac: RbacAuthorizer;
  readonly metrics: ApiMetrics;
  /** Undefined: requests leave no trace. */
  readonly audit: AuditLog | undefined;
  readonly kubeletProxy: KubeletProxy | undefined;
}
