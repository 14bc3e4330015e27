import { resources } from '../openapi/resources.ts';
import type { ApiRequest, ApiResponse } from '../platform/api-transport.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Rng } from '../platform/rng.ts';
import { AdmissionChain, type AdmissionStep } from './admission/admission.ts';
import { type DefaultTolerations, defaultTolerationSeconds } from './admission/default-toleration-seconds.ts';
import { namespaceLifecycle } from './admission/namespace-lifecycle.ts';
import { serviceAccountDefault } from './admission/service-account-default.ts';
import type { WebhookCaller } from './admission/webhook-caller.ts';
import { mutatingWebhooks, validatingWebhooks } from './admission/webhook-steps.ts';
import type { UserInfo } from './authentication/user-info.ts';
import type { Authorizer } from './authorization/authorizer.ts';
import { componentRoles } from './authorization/component-roles.ts';
import type { BootstrapOptions } from './bootstrap/bootstrap-objects.ts';
import { ensureBootstrapObjects } from './bootstrap/ensure-bootstrap-objects.ts';
import { dispatch } from './dispatch.ts';
import { errors } from './errors.ts';
import type { KubeletProxy } from './kubelet-proxy.ts';
import { ApiMetrics } from './metrics.ts';
import { expireEvents } from './registry/event-expiry.ts';
import { Registry } from './registry/registry.ts';
import { statusAnswer } from './respond/answer.ts';
import type { ServerContext } from './server-context.ts';
import { firstRevisionAt } from './storage/first-revision.ts';
import { MemoryStorage } from './storage/memory-storage.ts';
import type { Storage } from './storage/storage.ts';

export interface ApiServerOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  /** Left out: memory. */
  readonly storage?: Storage;
  /** Left out: the static table of component roles. */
  readonly authorizer?: Authorizer;
  /** How admission webhooks are reached; left out: every webhook counts as unreachable. */
  readonly webhooks?: WebhookCaller;
  /** How nodes' agents are reached, for logs; left out: 503. */
  readonly kubeletProxy?: KubeletProxy;
  /** Seconds; left out: 300 each, as Kubernetes has it. */
  readonly defaultTolerations?: Partial<DefaultTolerations>;
  readonly bootstrap?: Partial<BootstrapOptions>;
}

/** A request whose sender is known. */
export interface UserRequest extends ApiRequest {
  readonly user: UserInfo;
}

export interface ApiServer {
  /** Never rejects: a failure is an answer with a Status. */
  handle(request: UserRequest): Promise<ApiResponse>;
  /** The exposition of this server's metrics. */
  metrics(): Promise<string>;
  /** Ends all watches and lets go of the storage. */
  close(): Promise<void>;
}

const BOOKMARK_EVERY_MS = 60_000;
const EXPIRE_EVERY_MS = 5 * 60_000;

/**
 * An API server without a transport. Nothing below `handle` does I/O of its own or looks at the real time,
 * so that a whole cluster can run in one process on a virtual clock:
 *
 *     const server = await createApiServer({ clock, rng, logger });
 *     const user = { name: 'admin', groups: ['system:masters'] };
 *     const transport: ApiTransport = {
 *       request: (request) => server.handle({ ...request, user }),
 *       close: () => {},
 *     };
 *
 * A unary answer's body is one Uint8Array, shared: do not change it. A watch's body is an AsyncIterable that
 * ends with the request's signal, its timeout, or `close`.
 */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { clock, rng, logger } = options;
  const storage = options.storage ?? new MemoryStorage(firstRevisionAt(clock.now()));
  const metrics = new ApiMetrics(clock);
  const registry = await Registry.open(storage, (definition, watchers) =>
    metrics.delivered(definition, watchers),
  );
  metrics.observe(registry);
  const context: ServerContext = {
    clock,
    rng,
    logger,
    registry,
    metrics,
    admission: new AdmissionChain(admissionSteps(options, registry)),
    authorizer: options.authorizer ?? componentRoles((namespace, name) => podNode(registry, namespace, name)),
    kubeletProxy: options.kubeletProxy,
  };
  await ensureBootstrapObjects(context, {
    serviceCidr: '10.96.0.0/16',
    advertiseAddress: '172.18.0.1',
    advertisePort: 6443,
    ...options.bootstrap,
  });
  const stopBookmarks = repeat(clock, BOOKMARK_EVERY_MS, () => {
    for (const store of registry.stores) store.cache.bookmark(registry.revision);
  });
  const stopExpiry = repeat(clock, EXPIRE_EVERY_MS, () => {
    expireEvents(registry, clock).catch((error) =>
      logger.warn({ error: String(error) }, 'events did not expire'),
    );
  });
  let closing = false;
  return {
    // Whoever lost a watch to `close` asks again at once; what it would get now, nothing would ever end.
    handle: (request) => (closing ? Promise.resolve(SHUTTING_DOWN) : dispatch(context, request)),
    metrics: () => metrics.exposition(),
    async close() {
      closing = true;
      stopBookmarks();
      stopExpiry();
      registry.close();
      await storage.close();
    },
  };
}

const SHUTTING_DOWN = statusAnswer(errors.serviceUnavailable('the API server is shutting down').status);

/** In Kubernetes' own order: webhooks come after the built-in mutations. */
function admissionSteps(options: ApiServerOptions, registry: Registry): AdmissionStep[] {
  const { notReadySeconds = 300, unreachableSeconds = 300 } = options.defaultTolerations ?? {};
  return [
    namespaceLifecycle(registry),
    serviceAccountDefault,
    defaultTolerationSeconds({ notReadySeconds, unreachableSeconds }),
    mutatingWebhooks(registry, options.rng, options.webhooks),
    validatingWebhooks(registry, options.rng, options.webhooks),
  ];
}

function podNode(registry: Registry, namespace: string, name: string): string | undefined {
  return registry.of(resources.pods).cache.get(namespace, name)?.attributes.fields['spec.nodeName'];
}

function repeat(clock: Clock, milliseconds: number, action: () => void): () => void {
  let timer: Timer;
  const next = (): void => {
    timer = clock.setTimeout(() => {
      action();
      next();
    }, milliseconds);
  };
  next();
  return () => clock.clearTimeout(timer);
}
