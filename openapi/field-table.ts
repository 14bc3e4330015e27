import table from './api-fields.json' with { type: 'json' };
import { isAlwaysThere, isAtomicMap, isAtomicMessage, isGranular } from './merge-kinds.ts';
import { unionOf } from './unions.ts';

/** A row of the table as it is stored. */
interface RawField {
  readonly n: number;
  readonly t: string;
  readonly optional?: boolean;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
}

/** A message's place in the table: `<package>.<Message>`, such as `core.v1.Pod`. */
export type MessageKey = string;

/** The messages whose JSON form is not an object of their fields, and the scalars. */
export type ScalarKind =
  | 'string'
  | 'int32'
  | 'int64'
  | 'bool'
  | 'double'
  | 'bytes'
  | 'time'
  | 'microTime'
  | 'duration'
  | 'quantity'
  | 'intOrString'
  | 'raw'
  | 'json'
  | 'stringList'
  | 'fieldsV1';

export type FieldType =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'message'; readonly message: MessageKey }
  | { readonly kind: 'union'; readonly message: MessageKey }
  | { readonly kind: 'list'; readonly item: FieldType }
  | { readonly kind: 'map'; readonly value: FieldType }
  | CustomType;

/** An object of a custom resource: its fields come from a schema, not from the table. */
export interface CustomType {
  readonly kind: 'custom';
  readonly fields: ReadonlyMap<string, Field>;
  /** What stands for all fields without an entry; undefined: there are none. */
  readonly others: Field | undefined;
  /** What fields are that an item of a keyed list leaves out. */
  readonly keyDefaults: Readonly<Record<string, unknown>>;
}

/** One field of a message: its JSON name, its protobuf number, and how lists of it are merged. */
export interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: FieldType;
  readonly optional: boolean;
  /** The field exists in protobuf only: in JSON its message's own fields stand in its place. */
  readonly inline: boolean;
  readonly listType: 'atomic' | 'map' | 'set' | undefined;
  readonly listMapKeys: readonly string[];
  readonly patchStrategies: readonly string[];
  readonly patchMergeKey: string | undefined;
  /** How its value is merged and owned by server-side apply. */
  readonly merge: MergeKind;
  /** Of a keyed list: what names an item, in order. */
  readonly keys: readonly string[];
  /** Go objects have it even when nobody set it. */
  readonly alwaysThere: boolean;
}

/** `atomic`: as one value; `granular`: field by field; `set`: value by value; `keyed`: item by item. */
export type MergeKind = 'atomic' | 'granular' | 'set' | 'keyed';

/** Messages that Go embeds: protobuf nests them, JSON does not. */
const INLINE = new Set([
  'core.v1.ConfigMapEnvSource.localObjectReference',
  'core.v1.ConfigMapKeySelector.localObjectReference',
  'core.v1.ConfigMapProjection.localObjectReference',
  'core.v1.ConfigMapVolumeSource.localObjectReference',
  'core.v1.EphemeralContainer.ephemeralContainerCommon',
  'core.v1.PersistentVolumeSpec.persistentVolumeSource',
  'core.v1.Probe.handler',
  'core.v1.SecretEnvSource.localObjectReference',
  'core.v1.SecretKeySelector.localObjectReference',
  'core.v1.SecretProjection.localObjectReference',
  'core.v1.Volume.volumeSource',
  'networking.v1.IngressRule.ingressRuleValue',
  'admissionregistration.v1.NamedRuleWithOperations.ruleWithOperations',
  'admissionregistration.v1.RuleWithOperations.rule',
]);

/** Fields that protobuf spells differently from JSON. */
const JSON_NAMES: Readonly<Record<string, string>> = {
  'admissionregistration.v1.MutatingWebhookConfiguration.Webhooks': 'webhooks',
  'admissionregistration.v1.ValidatingWebhookConfiguration.Webhooks': 'webhooks',
  'apiextensions.v1.JSONSchemaProps.ref': '$ref',
  'apiextensions.v1.JSONSchemaProps.schema': '$schema',
  'authentication.v1.BoundObjectReference.uID': 'uid',
  'networking.v1.IngressClassParametersReference.aPIGroup': 'apiGroup',
  'admissionregistration.v1.Validation.Expression': 'expression',
  'admissionregistration.v1.Variable.Name': 'name',
  'admissionregistration.v1.Variable.Expression': 'expression',
};

const SPECIAL: Readonly<Record<string, ScalarKind>> = {
  'apis.meta.v1.Time': 'time',
  'apis.meta.v1.MicroTime': 'microTime',
  'apis.meta.v1.Duration': 'duration',
  'apis.meta.v1.FieldsV1': 'fieldsV1',
  'api.resource.Quantity': 'quantity',
  'util.intstr.IntOrString': 'intOrString',
  'runtime.RawExtension': 'raw',
  'apiextensions.v1.JSON': 'json',
  'authentication.v1.ExtraValue': 'stringList',
  'authorization.v1.ExtraValue': 'stringList',
  'certificates.v1.ExtraValue': 'stringList',
};

const SCALARS: ReadonlySet<string> = new Set(['string', 'int32', 'int64', 'bool', 'double', 'bytes']);

const packages = table as unknown as Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, RawField>>>>>
>;
const fieldsByMessage = new Map<MessageKey, readonly Field[]>();
const jsonFieldsByMessage = new Map<MessageKey, ReadonlyMap<string, Field>>();

/** `core.v1.Pod` taken apart into package and message. */
export function splitMessageKey(message: MessageKey): { pkg: string; name: string } {
  const dot = message.lastIndexOf('.');
  return { pkg: message.slice(0, dot), name: message.slice(dot + 1) };
}

export function hasMessage(message: MessageKey): boolean {
  const { pkg, name } = splitMessageKey(message);
  return packages[pkg]?.[name] !== undefined;
}

/** A message's fields as protobuf has them. Throws for a message that the table does not have. */
export function messageFields(message: MessageKey): readonly Field[] {
  let fields = fieldsByMessage.get(message);
  if (!fields) {
    const { pkg, name } = splitMessageKey(message);
    const raw = packages[pkg]?.[name];
    if (!raw) throw new Error(`the field table has no message ${message}`);
    fields = Object.entries(raw).map(([field, row]) => compileField(pkg, message, field, row));
    fieldsByMessage.set(message, fields);
  }
  return fields;
}

/** A message's fields as JSON has them, by name: embedded messages are spread out. */
export function jsonFields(message: MessageKey): ReadonlyMap<string, Field> {
  let fields = jsonFieldsByMessage.get(message);
  if (!fields) {
    const spread = new Map<string, Field>();
    for (const field of messageFields(message)) {
      if (!field.inline) spread.set(field.name, field);
      else for (const [name, inner] of jsonFields(messageOf(field))) spread.set(name, inner);
    }
    fields = spread;
    jsonFieldsByMessage.set(message, fields);
  }
  return fields;
}

/** The field of a message or a custom resource's object; undefined where there is none of this name. */
export function fieldOf(type: FieldType, name: string): Field | undefined {
  if (type.kind === 'message') return jsonFields(type.message).get(name);
  return type.kind === 'custom' ? (type.fields.get(name) ?? type.others) : undefined;
}

function messageOf(field: Field): MessageKey {
  if (field.type.kind !== 'message') throw new Error(`${field.name} is not a message`);
  return field.type.message;
}

function compileField(pkg: string, message: MessageKey, name: string, row: RawField): Field {
  const type = parseType(pkg, row.t);
  const keys = [...(row.listMapKeys ?? (row.patchMergeKey === undefined ? [] : [row.patchMergeKey]))].sort();
  const optional = row.optional ?? false;
  return {
    name: JSON_NAMES[`${message}.${name}`] ?? extensionName(name),
    number: row.n,
    type,
    optional,
    inline: INLINE.has(`${message}.${name}`),
    listType: row.listType as Field['listType'],
    listMapKeys: row.listMapKeys ?? [],
    patchStrategies: row.patchStrategy?.split(',') ?? [],
    patchMergeKey: row.patchMergeKey,
    merge: mergeKindOf(message, name, type, row),
    keys,
    alwaysThere: isAlwaysThere(name) || (type.kind === 'message' && !optional),
  };
}

/** A list without a type of its own merges as strategic merge patch would (kube-openapi pkg/schemaconv). */
function mergeKindOf(message: MessageKey, name: string, type: FieldType, row: RawField): MergeKind {
  if (type.kind === 'list') {
    const merges = row.patchStrategy?.split(',').includes('merge') ?? false;
    const implied = merges ? (row.patchMergeKey === undefined ? 'set' : 'map') : 'atomic';
    const listType = row.listType ?? implied;
    return listType === 'map' ? 'keyed' : (listType as 'atomic' | 'set');
  }
  if (type.kind === 'map') return isAtomicMap(message, name) ? 'atomic' : 'granular';
  if (type.kind !== 'message') return 'atomic';
  return isAtomicMessage(type.message) && !isGranular(message, name) ? 'atomic' : 'granular';
}

function parseType(pkg: string, text: string): FieldType {
  if (text.startsWith('[]')) return { kind: 'list', item: parseType(pkg, text.slice(2)) };
  if (text.startsWith('map<')) {
    return { kind: 'map', value: parseType(pkg, text.slice(text.indexOf(',') + 1, -1).trim()) };
  }
  if (SCALARS.has(text)) return { kind: text as ScalarKind };
  const message = text.includes('.') ? text : `${pkg}.${text}`;
  const special = SPECIAL[message];
  if (special) return { kind: special };
  return { kind: unionOf(message) ? 'union' : 'message', message };
}

/** `xKubernetesListType` is `x-kubernetes-list-type` in JSON. */
function extensionName(name: string): string {
  if (!name.startsWith('xKubernetes')) return name;
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
