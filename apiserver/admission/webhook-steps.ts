import { DecodeError, type JsonObject } from '../../openapi/decode-json.ts';
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../openapi/generated/types.ts';
import { type ResourceDefinition, resources } from '../../openapi/resources.ts';
import { type Rng, uuid } from '../../platform/rng.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { errors, StatusError } from '../errors.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { type ExpectedKind, readAs } from '../registry/kind.ts';
import type { Registry } from '../registry/registry.ts';
import type { AdmissionRequest, AdmissionStep } from './admission.ts';
import type { AdmissionReviewAnswer, AdmissionReviewRequest, WebhookCaller } from './webhook-caller.ts';
import { webhookMatches } from './webhook-rules.ts';

type Webhook = MutatingWebhook | ValidatingWebhook;
type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

const MAX_WARNINGS = 20;

/** Requests about these never go to a webhook, or a broken one could not be taken out again. */
const EXEMPT: ReadonlySet<ResourceDefinition> = new Set<ResourceDefinition>([
  resources.mutatingwebhookconfigurations,
  resources.validatingwebhookconfigurations,
]);

/** Calls the webhooks of all MutatingWebhookConfigurations, by name and one after the other. */
export function mutatingWebhooks(
  registry: Registry,
  rng: Rng,
  caller: WebhookCaller | undefined,
): AdmissionStep {
  const definition = resources.mutatingwebhookconfigurations;
  const askInTurn = async (webhooks: readonly Webhook[], request: AdmissionRequest): Promise<void> => {
    for (const webhook of webhooks) {
      const answer = await review(webhook, request, rng, caller);
      if (answer)
        request.object = patched(webhook, request, answer, registry.of(request.definition).expected);
    }
  };
  return {
    name: 'MutatingAdmissionWebhook',
    mutate(request) {
      const webhooks = wanted(registry, definition, request);
      return webhooks.length === 0 ? undefined : askInTurn(webhooks, request);
    },
  };
}

/** Calls the webhooks of all ValidatingWebhookConfigurations at the same time; the first refusal counts. */
export function validatingWebhooks(
  registry: Registry,
  rng: Rng,
  caller: WebhookCaller | undefined,
): AdmissionStep {
  const definition = resources.validatingwebhookconfigurations;
  const askAll = async (webhooks: readonly Webhook[], request: AdmissionRequest): Promise<void> => {
    await Promise.all(webhooks.map((webhook) => review(webhook, request, rng, caller)));
  };
  return {
    name: 'ValidatingAdmissionWebhook',
    validate(request) {
      const webhooks = wanted(registry, definition, request);
      return webhooks.length === 0 ? undefined : askAll(webhooks, request);
    },
  };
}

function wanted(registry: Registry, definition: ResourceDefinition, request: AdmissionRequest): Webhook[] {
  const { cache } = registry.of(definition);
  if (cache.size === 0 || EXEMPT.has(request.definition)) return [];
  const webhooks = cache
    .list(undefined)
    .flatMap(({ object }): Webhook[] => (object as unknown as Configuration).webhooks ?? []);
  return webhooks.filter((webhook) => webhookMatches(webhook, request, registry));
}

/** The webhook's answer; undefined when it failed and may be done without. Throws its refusal. */
async function review(
  webhook: Webhook,
  request: AdmissionRequest,
  rng: Rng,
  caller: WebhookCaller | undefined,
): Promise<AdmissionReviewAnswer['response']> {
  let answer: AdmissionReviewAnswer;
  if (request.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun') {
    throw errors.badRequest(`admission webhook "${webhook.name}" does not support dry run`);
  }
  try {
    if (!caller) throw new Error('no way to reach webhooks');
    answer = await caller(
      webhook.clientConfig ?? {},
      reviewOf(request, uuid(rng)),
      (webhook.timeoutSeconds ?? 10) * 1000,
    );
    if (typeof answer.response?.allowed !== 'boolean')
      throw new Error('webhook response is not an AdmissionReview');
  } catch (error) {
    if (webhook.failurePolicy === 'Ignore') return undefined;
    const why = error instanceof Error ? error.message : String(error);
    throw errors.internal(`failed calling webhook "${webhook.name}": ${why}`);
  }
  const { response } = answer;
  const warnings = Array.isArray(response?.warnings) ? response.warnings : [];
  request.warnings.push(...warnings.slice(0, MAX_WARNINGS).map(String));
  if (response?.allowed !== true) throw refusal(webhook, response);
  return response;
}

/** A webhook's own Status, where it has one that reads like Kubernetes', else 403 (apiserver webhook/errors). */
function refusal({ name }: Webhook, response: AdmissionReviewAnswer['response']): StatusError {
  const { code = 403, reason = 'Forbidden', message, details } = response?.status ?? {};
  const isFailure = Number.isInteger(code) && code >= 400 && code <= 599;
  if (reason === 'Invalid' && message) return new StatusError(422, reason, message, details ?? {});
  const text = `admission webhook "${name}" denied the request${message ? `: ${message}` : ' without explanation'}`;
  return new StatusError(isFailure ? code : 403, String(reason), text, details ?? {});
}

function reviewOf(request: AdmissionRequest, uid: string): AdmissionReviewRequest {
  const { group, version, kind, resource } = request.definition;
  const { user, operation, subresource, name, namespace, object, previous, dryRun } = request;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid,
      kind: { group, version, kind },
      resource: { group, version, resource },
      ...(subresource === '' ? {} : { subResource: subresource }),
      requestKind: { group, version, kind },
      requestResource: { group, version, resource },
      ...(name === '' ? {} : { name }),
      ...(namespace === '' ? {} : { namespace }),
      operation,
      userInfo: {
        username: user.name,
        groups: user.groups,
        ...(user.uid === undefined ? {} : { uid: user.uid }),
      },
      object: object ?? null,
      oldObject: previous ?? null,
      dryRun,
      options: null,
    },
  };
}

/** The object after a webhook's patch, checked like any other input; a patch that does not fit is our 500. */
function patched(
  { name }: Webhook,
  { object }: AdmissionRequest,
  response: NonNullable<AdmissionReviewAnswer['response']>,
  expected: ExpectedKind,
): KubeObject | undefined {
  if (!response.patch || !object) return object;
  try {
    if (response.patchType !== 'JSONPatch') throw new Error(`unsupported patchType ${response.patchType}`);
    const operations: unknown = JSON.parse(Buffer.from(response.patch, 'base64').toString());
    // The object may share parts with the client's or the stored one: patch a copy.
    const copy = JSON.parse(JSON.stringify(object)) as JsonObject;
    const result = readAs(expected, applyJsonPatch(copy, operations)).object;
    return {
      ...result,
      kind: object.kind,
      apiVersion: object.apiVersion,
      metadata: result.metadata ?? {},
    } as KubeObject;
  } catch (error) {
    const why = error instanceof DecodeError || error instanceof Error ? error.message : String(error);
    throw errors.internal(`admission webhook "${name}" answered a patch that cannot be applied: ${why}`);
  }
}
