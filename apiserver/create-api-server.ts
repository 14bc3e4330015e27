import type { ApiRequest, ApiResponse } from '../platform/api-transport.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Rng } from '../platform/rng.ts';
import { AdmissionChain, type AdmissionStep } from './admission/admission.ts';
import { certificateRequests } from './admission/certificate-requests.ts';
import { type DefaultTolerations, defaultTolerationSeconds } from './admission/default-toleration-seconds.ts';
import { escalationCheck } from './admission/escalation-check.ts';
import { namespaceLifecycle } from './admission/namespace-lifecycle.ts';
import { nodeRestriction } from './admission/node-restriction.ts';
import { priority } from './admission/priority.ts';
import { serviceAccountDefault } from './admission/service-account-default.ts';
import type { WebhookCaller } from './admission/webhook-caller.ts';
import { mutatingWebhooks, validatingWebhooks } from './admission/webhook-steps.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { Authenticator, type CertificateSubject } from './authentication/authenticator.ts';
import type { Impersonation } from './authentication/impersonation.ts';
import { ServiceAccountTokens } from './authentication/service-account-tokens.ts';
import { generateSigningKeys, type SigningKeys } from './authentication/signing-keys.ts';
import type { UserInfo } from './authentication/user-info.ts';
import { authorizers } from './authorization/authorizer.ts';
import { nodeAuthorizer } from './authorization/node-authorizer.ts';
import { nodePods } from './authorization/node-pods.ts';
import { privilegedGroup } from './authorization/privileged-group.ts';
import { RbacAuthorizer } from './authorization/rbac-authorizer.ts';
import { StoredRbacObjects } from './authorization/stored-rbac-objects.ts';
import type { BootstrapOptions } from './bootstrap/bootstrap-objects.ts';
import { ensureBootstrapObjects } from './bootstrap/ensure-bootstrap-objects.ts';
import { DefinitionController } from './custom-resources/definition-controller.ts';
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
  /** Users by static token. */
  readonly tokens?: ReadonlyMap<string, UserInfo>;
  readonly serviceAccounts?: ServiceAccountOptions;
  readonly audit?: AuditLog | undefined;
  /** How admission webhooks are reached; left out: every webhook counts as unreachable. */
  readonly webhooks?: WebhookCaller;
  /** How nodes' agents are reached, for logs; left out: 503. */
  readonly kubeletProxy?: KubeletProxy;
  /** Seconds; left out: 300 each, as Kubernetes has it. */
  readonly defaultTolerations?: Partial<DefaultTolerations>;
  readonly bootstrap?: Partial<BootstrapOptions>;
}

/** How service account tokens are signed; what is left out is as kubeadm has it, with keys of the server's own. */
export interface ServiceAccountOptions {
  readonly keys?: SigningKeys | undefined;
  readonly issuer?: string | undefined;
  readonly audiences?: readonly string[] | undefined;
}

const DEFAULT_ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** A request whose sender is known. */
export interface UserRequest extends ApiRequest {
  readonly user: UserInfo;
  /** Whom the sender wants to be taken for. */
  readonly impersonation?: Impersonation | undefined;
  /** The address that it came from. */
  readonly source?: string | undefined;
}

export interface ApiServer {
  /** Never rejects: a failure is an answer with a Status. */
  handle(request: UserRequest): Promise<ApiResponse>;
  /** The user of a client certificate, if its subject names one. */
  userOfCertificate(subject: CertificateSubject): UserInfo | undefined;
  /** The user of an Authorization header; undefined: nobody we know. */
  userOfAuthorization(header: string): Promise<UserInfo | undefined>;
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
  const metrics = new ApiMetrics();
  const registry = await Registry.open(storage, (definition, watchers) =>
    metrics.delivered(definition, watchers),
  );
  metrics.observe(registry);
  const serviceAccounts = serviceAccountTokens(options);
  const { tokens = new Map() } = options;
  const authenticator = new Authenticator({ tokens, serviceAccounts, registry, clock });
  const objects = new StoredRbacObjects(registry);
  const rbac = new RbacAuthorizer(objects);
  const pods = nodePods(registry);
  const authorize = authorizers(privilegedGroup, nodeAuthorizer(pods), rbac);
  const context: ServerContext = {
    clock,
    rng,
    logger,
    registry,
    metrics,
    audit: options.audit,
    authenticator,
    serviceAccounts,
    authorize,
    rbac,
    admission: new AdmissionChain([
      ...mutatingSteps(options, registry),
      certificateRequests(authorize),
      mutatingWebhooks(registry, rng, options.webhooks),
      nodeRestriction(pods),
      escalationCheck({ rbac, objects, authorize }),
      validatingWebhooks(registry, rng, options.webhooks),
    ]),
    kubeletProxy: options.kubeletProxy,
  };
  await ensureBootstrapObjects(context, {
    serviceCidrs: ['10.96.0.0/16'],
    advertiseAddress: '172.18.0.1',
    advertisePort: 6443,
    ...options.bootstrap,
  });
  const definitions = new DefinitionController(context);
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
    userOfCertificate: (subject) => authenticator.fromCertificate(subject),
    userOfAuthorization: (header) => authenticator.fromAuthorization(header),
    async close() {
      closing = true;
      stopBookmarks();
      stopExpiry();
      definitions.close();
      registry.close();
      await storage.close();
      await options.audit?.close();
    },
  };
}

const SHUTTING_DOWN = statusAnswer(errors.serviceUnavailable('the API server is shutting down').status);

/** In Kubernetes' own order: webhooks come after the built-in mutations. */
function mutatingSteps(options: ApiServerOptions, registry: Registry): AdmissionStep[] {
  const { notReadySeconds = 300, unreachableSeconds = 300 } = options.defaultTolerations ?? {};
  return [
    namespaceLifecycle(registry),
    serviceAccountDefault,
    defaultTolerationSeconds({ notReadySeconds, unreachableSeconds }),
    priority(registry),
  ];
}

function serviceAccountTokens({ clock, serviceAccounts = {} }: ApiServerOptions): ServiceAccountTokens {
  const { keys = generateSigningKeys(), issuer = DEFAULT_ISSUER, audiences = [issuer] } = serviceAccounts;
  return new ServiceAccountTokens({ keys, issuer, audiences, clock });
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
