import type { Faults } from '../faults.ts';
import type { ConfigMap, Secret } from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { dataKeyFault } from './names.ts';

const MAX_BYTES = 1024 * 1024;

export const configMapRules: KindRules<ConfigMap> = {
  validate({ data = {}, binaryData = {} }, faults) {
    validateKeys(data, 'data', faults);
    validateKeys(binaryData, 'binaryData', faults);
    for (const key of Object.keys(binaryData)) {
      if (Object.hasOwn(data, key))
        faults.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
    }
    const total = textBytes(data) + base64Bytes(binaryData);
    if (total > MAX_BYTES) faults.tooLong('', MAX_BYTES);
  },
  validateUpdate(map, previous, faults) {
    validateImmutable(map, previous, ['data', 'binaryData'], faults);
  },
};

export const secretRules: KindRules<Secret> = {
  defaults(secret) {
    secret.type ||= 'Opaque';
    if (!secret.stringData) return;
    // Plain text is only a way in: it is stored as data.
    secret.data ??= {};
    for (const [key, value] of Object.entries(secret.stringData)) {
      secret.data[key] = Buffer.from(value).toString('base64');
    }
    delete secret.stringData;
  },
  validate({ data = {}, type }, faults) {
    validateKeys(data, 'data', faults);
    if (base64Bytes(data) > MAX_BYTES) faults.tooLong('data', MAX_BYTES);
    if (type === 'kubernetes.io/tls') {
      for (const key of ['tls.crt', 'tls.key'])
        if (!Object.hasOwn(data, key)) faults.required(`data[${key}]`);
    }
  },
  validateUpdate(secret, previous, faults) {
    if (secret.type !== previous.type) faults.invalid('type', secret.type, 'field is immutable');
    validateImmutable(secret, previous, ['data'], faults);
  },
};

function validateKeys(data: Readonly<Record<string, string>>, at: string, faults: Faults): void {
  for (const key of Object.keys(data)) {
    const fault = dataKeyFault(key);
    if (fault !== undefined) faults.invalid(`${at}[${key}]`, key, fault);
  }
}

function textBytes(data: Readonly<Record<string, string>>): number {
  return Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
}

function base64Bytes(data: Readonly<Record<string, string>>): number {
  return Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
}

/** `immutable: true` cannot be taken back, nor can the data change. */
function validateImmutable<T extends { immutable?: boolean | undefined }>(
  object: T,
  previous: T,
  fields: readonly (keyof T & string)[],
  faults: Faults,
): void {
  if (previous.immutable !== true) return;
  const detail = 'field is immutable when `immutable` is set';
  if (object.immutable !== true) faults.forbidden('immutable', detail);
  for (const field of fields) {
    const entries = (value: unknown): unknown => Object.entries(value ?? {}).sort();
    if (JSON.stringify(entries(object[field])) !== JSON.stringify(entries(previous[field])))
      faults.forbidden(field, detail);
  }
}
