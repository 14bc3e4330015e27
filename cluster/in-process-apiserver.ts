import { type ApiServer, createApiServer } from '../apiserver/create-api-server.ts';
import type { AdmissionReview } from '../controllers/service-ip-allocator/admission-review.ts';
import { silentLogger } from '../platform/logger.ts';
import type { Rng } from '../platform/rng.ts';
import type { VirtualClock } from '../platform/virtual-clock.ts';
import { type ClusterConfig, HOST_IP } from './cluster-config.ts';

const API_PORT = 6443;

/** Where the in-line allocator puts its handler when it has started. */
export interface WebhookSlot {
  review: ((review: AdmissionReview) => Promise<object>) | undefined;
}

/** An API server for a cluster in one process; its webhooks are plain calls. */
export function startInProcessApiServer(
  config: ClusterConfig,
  clock: VirtualClock,
  rng: Rng,
  webhook: WebhookSlot,
): Promise<ApiServer> {
  return createApiServer({
    clock,
    rng,
    logger: silentLogger,
    bootstrap: {
      serviceCidrs: config.serviceCidr.split(','),
      advertiseAddress: HOST_IP,
      advertisePort: API_PORT,
    },
    defaultTolerations: {
      notReadySeconds: config.notReadyTolerationSeconds,
      unreachableSeconds: config.unreachableTolerationSeconds,
    },
    webhooks: async (_config, review) => {
      if (!webhook.review) throw new Error('the allocator does not run');
      return webhook.review(review as AdmissionReview);
    },
  });
}
