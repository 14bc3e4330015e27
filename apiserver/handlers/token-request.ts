import { Faults } from '../../openapi/faults.ts';
import type { AuthenticationTokenRequest, BoundObjectReference, Pod } from '../../openapi/generated/types.ts';
import { type ResourceDefinition, resources } from '../../openapi/resources.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import { uuid } from '../../platform/rng.ts';
import type { AdmissionRequest } from '../admission/admission.ts';
import type { TokenClaims } from '../authentication/service-account-tokens.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { errors } from '../errors.ts';
import { timestamp } from '../registry/timestamp.ts';
import { plainAnswer } from '../respond/answer.ts';
import { readObject } from './request-body.ts';
import { type ResourceRequest, representationOf, writeOptions } from './resource-request.ts';

const TOKEN_REQUEST = {
  kind: 'TokenRequest',
  apiVersion: 'authentication.k8s.io/v1',
  message: 'authentication.v1.TokenRequest',
} as const;

const DEFAULT_SECONDS = 3600;
const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;

/** POST of a service account's `token`: signs one, for a while, for an audience, perhaps bound to a pod. */
export async function requestToken(request: ResourceRequest): Promise<ApiResponse> {
  const { store, info, context } = request;
  const representation = representationOf(request);
  const { dryRun } = writeOptions(request);
  const review = readObject(request, TOKEN_REQUEST) as unknown as AuthenticationTokenRequest;
  const account = store.require(info.namespace, info.name).object;
  const { audiences, expirationSeconds = DEFAULT_SECONDS, boundObjectRef } = review.spec ?? {};
  checkSeconds(expirationSeconds);
  await admit(request, review, dryRun);
  const wanted = audiences?.length ? audiences : context.serviceAccounts.audiences;
  const claims = {
    namespace: info.namespace,
    serviceAccount: { name: info.name, uid: account.metadata.uid ?? '' },
    ...(boundObjectRef ? boundClaims(request, boundObjectRef) : {}),
  };
  const expires = Math.floor(context.clock.now() / 1000 + expirationSeconds) * 1000;
  const token = dryRun ? '' : await context.serviceAccounts.sign(claims, wanted, expires, uuid(context.rng));
  const answer: KubeObject = {
    ...TOKEN_REQUEST_TYPE,
    metadata: {
      name: info.name,
      namespace: info.namespace,
      creationTimestamp: timestamp(context.clock),
    },
    spec: { ...review.spec, audiences: wanted, expirationSeconds },
    status: { token, expirationTimestamp: `${new Date(expires).toISOString().slice(0, 19)}Z` },
  };
  return plainAnswer(201, TOKEN_REQUEST.message, answer, representation);
}

async function admit(
  { context, store, info, user, warnings }: ResourceRequest,
  review: AuthenticationTokenRequest,
  dryRun: boolean,
): Promise<void> {
  const admission: AdmissionRequest = {
    operation: 'CREATE',
    definition: store.definition,
    subresource: 'token',
    namespace: info.namespace,
    name: info.name,
    object: review as unknown as KubeObject,
    previous: undefined,
    user,
    dryRun,
    warnings,
  };
  await context.admission.mutate(admission);
  await context.admission.validate(admission);
}

const TOKEN_REQUEST_TYPE = { kind: TOKEN_REQUEST.kind, apiVersion: TOKEN_REQUEST.apiVersion };

function checkSeconds(seconds: number): void {
  const faults = new Faults();
  if (seconds < LEAST_SECONDS) {
    faults.invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes');
  } else if (seconds > MOST_SECONDS) {
    faults.invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds');
  }
  if (faults.list.length > 0) {
    throw errors.invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', faults.list);
  }
}

/** The object must be there, the one that is meant, and a pod must run as the account. */
function boundClaims(request: ResourceRequest, reference: BoundObjectReference): Partial<TokenClaims> {
  const { info } = request;
  switch (`${reference.apiVersion} ${reference.kind}`) {
    case 'v1 Pod': {
      const pod = bound(request, resources.pods, info.namespace, reference) as unknown as Pod;
      if (pod.spec?.serviceAccountName !== info.name) {
        throw errors.badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(info.name)} to pod running with different serviceaccount name.`,
        );
      }
      const node = pod.spec.nodeName ?? '';
      const nodeUid = request.context.registry.of(resources.nodes).cache.get('', node)?.object.metadata.uid;
      return {
        pod: referentOf(pod as unknown as KubeObject),
        ...(nodeUid === undefined ? {} : { node: { name: node, uid: nodeUid } }),
      };
    }
    case 'v1 Secret':
      return { secret: referentOf(bound(request, resources.secrets, info.namespace, reference)) };
    case 'v1 Node':
      return { node: referentOf(bound(request, resources.nodes, '', reference)) };
    default:
      throw errors.badRequest(
        `cannot bind token to object of type ${reference.apiVersion}, Kind=${reference.kind}: Pod, Secret and Node of v1 can be bound to`,
      );
  }
}

function bound(
  { context }: ResourceRequest,
  definition: ResourceDefinition,
  namespace: string,
  { name = '', uid }: BoundObjectReference,
): KubeObject {
  const { object } = context.registry.of(definition).require(namespace, name);
  if (uid && uid !== object.metadata.uid) {
    throw errors.conflict(
      definition,
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  return object;
}

function referentOf({ metadata }: KubeObject): { name: string; uid: string } {
  return { name: metadata.name ?? '', uid: metadata.uid ?? '' };
}
