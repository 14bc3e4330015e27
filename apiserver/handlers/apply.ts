import { DecodeError, isJsonObject, type JsonObject } from '../../openapi/decode-json.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import { type Application, type Applied, applyObject } from '../apply/apply-object.ts';
import { ConfigError, configFields } from '../apply/config-fields.ts';
import { ApplyConflict } from '../apply/conflict.ts';
import { conflictBeyondLastApplied, withLastApplied } from '../apply/last-applied.ts';
import { ownableThrough } from '../apply/ownable.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { errors, StatusError } from '../errors.ts';
import { parseYamlBody } from '../parse-yaml-body.ts';
import { createObject } from '../registry/create-object.ts';
import { type ExpectedKind, readAs } from '../registry/kind.ts';
import { timestamp } from '../registry/timestamp.ts';
import { updateObject } from '../registry/update-object.ts';
import { objectAnswer } from '../respond/object-answer.ts';
import { placeInNamespace } from './create.ts';
import { requireFieldManager } from './field-manager.ts';
import { isTrue } from './is-true.ts';
import { type ResourceRequest, representationOf, tableContext, writeOptions } from './resource-request.ts';

export const APPLY_TYPE = 'application/apply-patch+yaml';

/** Somebody who makes and unmakes the object all the time. */
const MAX_TURNS = 5;

/** PATCH with a whole configuration: makes the object, or makes it so (KEP-555). */
export async function apply(request: ResourceRequest): Promise<ApiResponse> {
  const { store } = request;
  const representation = representationOf(request);
  const config = readConfig(request, store.expected);
  const { stored, created } = await applyConfig(request, config);
  return objectAnswer(created ? 201 : 200, store, stored, representation, tableContext(request));
}

/** Applies a configuration of the request's own resource. */
export async function applyConfig(
  request: ResourceRequest,
  config: KubeObject,
): Promise<{ readonly stored: StoredObject; readonly created: boolean }> {
  const { store, info } = request;
  const manager = requireFieldManager(request);
  for (let turn = 1; ; turn++) {
    try {
      const created = store.cache.get(info.namespace, info.name) === undefined;
      const write = created ? make : change;
      return { stored: await write(request, structuredClone(config), manager), created };
    } catch (error) {
      if (turn === MAX_TURNS || !cameOrWent(request, error)) throw error;
    }
  }
}

/** The object is no longer there, or is there by now. */
function cameOrWent({ info, store }: ResourceRequest, error: unknown): boolean {
  if (!(error instanceof StatusError) || info.subresource !== '') return false;
  const present = store.cache.get(info.namespace, info.name) !== undefined;
  return present ? error.status.reason === 'AlreadyExists' : error.status.reason === 'NotFound';
}

async function make(request: ResourceRequest, config: KubeObject, manager: string): Promise<StoredObject> {
  const { store, context, info } = request;
  if (info.subresource !== '') throw errors.notFound(store.definition, info.name);
  const { uid, resourceVersion } = config.metadata;
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw errors.conflict(store.definition, info.name, why);
  }
  if (resourceVersion) throw errors.modified(store.definition, info.name);
  placeInNamespace(request, config);
  const { owners } = applied(
    request,
    { kind: config.kind, apiVersion: config.apiVersion, metadata: {} },
    config,
    manager,
  );
  return createObject(context, store, config, writeOptions(request), owners);
}

function change(request: ResourceRequest, config: KubeObject, manager: string): Promise<StoredObject> {
  const { store, context, info } = request;
  const { namespace, name, subresource } = info;
  const onto = (current: StoredObject): KubeObject => {
    const live = current.copy();
    const { object, owners } = applied(request, live, structuredClone(config), manager);
    return { ...object, metadata: { ...object.metadata, managedFields: owners } };
  };
  const target = { namespace, name, subresource, apply: onto, ownersDecided: true };
  return updateObject(context, store, target, writeOptions(request));
}

function applied(request: ResourceRequest, live: KubeObject, config: KubeObject, manager: string): Applied {
  const { store, context, info, query } = request;
  const { definition, apiVersion, kind } = store;
  const application: Application = {
    type: kind.type,
    config,
    manager: { manager, operation: 'Apply', apiVersion, subresource: info.subresource },
    isOwnable: ownableThrough(definition, info.subresource),
    force: isTrue(query.get('force')),
    now: timestamp(context.clock),
  };
  const result = orStatus(request, () => {
    try {
      return applyObject(live, application);
    } catch (error) {
      if (!(error instanceof ApplyConflict)) throw error;
      const rest = conflictBeyondLastApplied(error, live, manager, (last) =>
        configFields(kind.type, readAs(store.expected, last).object),
      );
      if (rest) throw rest;
      return applyObject(live, { ...application, force: true });
    }
  });
  return { ...result, object: withLastApplied(result.object, config, manager) };
}

function orStatus<T>(request: ResourceRequest, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ApplyConflict) throw errors.applyConflict(error.message, error.causes);
    if (error instanceof ConfigError || error instanceof DecodeError) throw untyped(request, error.message);
    throw error;
  }
}

/** The configuration in a request's body, which must be of one kind and name the object of the path. */
export function readConfig(request: ResourceRequest, expected: ExpectedKind): KubeObject {
  const { info, request: http } = request;
  requireFieldManager(request);
  const value = parseYamlBody(http.body ?? new Uint8Array());
  if (!isJsonObject(value)) throw errors.badRequest('error decoding YAML: an apply patch must be an object');
  checkType(value, expected);
  const { object, unknownFields } = orStatus(request, () => readAs(expected, value));
  if (unknownFields.length > 0) {
    throw untyped(request, declared(unknownFields));
  }
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  if (metadata.managedFields !== undefined) throw errors.badRequest('metadata.managedFields must be nil');
  if (metadata.name !== undefined && metadata.name !== info.name) {
    throw errors.badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${info.name})`,
    );
  }
  return { ...object, ...typeOf(expected), metadata: { ...metadata, name: info.name } };
}

function typeOf({ kind, apiVersion }: ExpectedKind): { kind: string; apiVersion: string } {
  return { kind, apiVersion };
}

function checkType({ kind, apiVersion }: JsonObject, expected: ExpectedKind): void {
  if (kind === expected.kind && apiVersion === expected.apiVersion) return;
  const group = typeof apiVersion === 'string' ? apiVersion : '';
  const name = typeof kind === 'string' ? kind : '';
  throw errors.badRequest(`invalid object type: ${group === '' ? '/' : group}, Kind=${name}`);
}

function declared(fields: readonly string[]): string {
  const texts = fields.map((field) => `.${field}: field not declared in schema`);
  return texts.length === 1 ? texts[0]! : `errors:\n${texts.map((text) => `  ${text}`).join('\n')}`;
}

function untyped({ store, info }: ResourceRequest, why: string): StatusError {
  const name = info.namespace === '' ? `/${info.name}` : `${info.namespace}/${info.name}`;
  const type = `${store.apiVersion}, Kind=${store.definition.kind}`;
  return errors.badRequest(`failed to create typed patch object (${name}; ${type}): ${why}`);
}
