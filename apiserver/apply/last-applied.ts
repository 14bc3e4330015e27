import { isJsonObject, type JsonObject } from '../../openapi/decode-json.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { ApplyConflict } from './conflict.ts';
import { difference, type FieldTree } from './field-tree.ts';

/** Where client-side apply keeps what it applied. */
const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
/** Only kubectl's own manager keeps the annotation alive; others leave client-side apply behind. */
const KUBECTL = 'kubectl';

function lastAppliedOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[ANNOTATION] ?? '';
}

/**
 * What of a conflict remains when kubectl itself takes over what it once applied from the client's side
 * (k8s managedfields/internal/lastappliedmanager.go); undefined: nothing.
 */
export function conflictBeyondLastApplied(
  conflict: ApplyConflict,
  live: KubeObject,
  manager: string,
  fieldsOf: (config: JsonObject) => FieldTree | undefined,
): ApplyConflict | undefined {
  const allowed = manager === KUBECTL ? lastAppliedFields(live, fieldsOf) : undefined;
  if (!allowed) return conflict;
  const rest = conflict.conflicts.flatMap(({ manager: owner, fields }) => {
    const left = difference(fields, allowed);
    return left ? [{ manager: owner, fields: left }] : [];
  });
  return rest.length === 0 ? undefined : new ApplyConflict(rest);
}

function lastAppliedFields(
  live: KubeObject,
  fieldsOf: (config: JsonObject) => FieldTree | undefined,
): FieldTree | undefined {
  try {
    const config: unknown = JSON.parse(lastAppliedOf(live));
    return isJsonObject(config) ? fieldsOf(config) : undefined;
  } catch {
    return undefined;
  }
}

/** The annotation follows what kubectl applies on the server's side, as long as it is there. */
export function withLastApplied(object: KubeObject, config: KubeObject, manager: string): KubeObject {
  if (manager !== KUBECTL || lastAppliedOf(object) === '') return object;
  const { [ANNOTATION]: _, ...annotations } = config.metadata.annotations ?? {};
  const own = config.metadata.annotations ? { annotations } : {};
  const applied = { ...config, metadata: { ...config.metadata, ...own, managedFields: undefined } };
  const text = `${JSON.stringify(sorted(applied))}\n`;
  const metadata = {
    ...object.metadata,
    annotations: { ...object.metadata.annotations, [ANNOTATION]: text },
  };
  return { ...object, metadata };
}

/** Go writes keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
