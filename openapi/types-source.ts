import { type FieldType, jsonFields, type MessageKey, splitMessageKey } from './field-table.ts';
import { allResources } from './resources.ts';

/** Messages that are used without being part of a served kind. */
const EXTRA: readonly MessageKey[] = [
  'apis.meta.v1.DeleteOptions',
  'apis.meta.v1.ListMeta',
  'apis.meta.v1.Status',
  'authentication.v1.TokenRequest',
  'autoscaling.v1.Scale',
  'core.v1.Binding',
  'policy.v1.Eviction',
];

const SCALAR_TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  int32: 'number',
  int64: 'number',
  double: 'number',
  bool: 'boolean',
  bytes: 'string',
  time: 'string',
  microTime: 'string',
  duration: 'string',
  quantity: 'string',
  intOrString: 'number | string',
  raw: 'unknown',
  fieldsV1: 'unknown',
  json: 'unknown',
  stringList: 'string[]',
};

/** The TypeScript source of generated/types.ts: an interface for each message that served kinds use. */
export function typesSource(): string {
  const kinds = new Set([...allResources.map(({ message }) => message), ...EXTRA.slice(2)]);
  const names = interfaceNames([...new Set([...kinds, ...EXTRA])]);
  const interfaces = [...names.keys()].map((message) => interfaceSource(message, kinds.has(message), names));
  const banner = [
    '// Written by openapi/generate.ts from openapi/api-fields.json. Do not edit.',
    '// Time and MicroTime are RFC 3339 text, Quantity its canonical text, bytes base64.',
  ];
  return `${banner.join('\n')}\n\n${interfaces.join('\n')}`;
}

/** Reachable messages and their type names; a name that two packages use is prefixed in the later one. */
function interfaceNames(roots: readonly MessageKey[]): Map<MessageKey, string> {
  const names = new Map<MessageKey, string>();
  const taken = new Set<string>();
  const visit = (message: MessageKey): void => {
    if (names.has(message)) return;
    const { pkg, name } = splitMessageKey(message);
    const prefix = pkg.split('.')[0] ?? '';
    const unique = taken.has(name) ? `${prefix[0]?.toUpperCase()}${prefix.slice(1)}${name}` : name;
    taken.add(unique);
    names.set(message, unique);
    for (const { type } of jsonFields(message).values()) {
      const inner = innerMessage(type);
      if (inner !== undefined) visit(inner);
    }
  };
  for (const message of roots) visit(message);
  return new Map([...names].sort(([, a], [, b]) => (a < b ? -1 : 1)));
}

function innerMessage(type: FieldType): MessageKey | undefined {
  if (type.kind === 'message') return type.message;
  if (type.kind === 'list') return innerMessage(type.item);
  return type.kind === 'map' ? innerMessage(type.value) : undefined;
}

function interfaceSource(
  message: MessageKey,
  isKind: boolean,
  names: ReadonlyMap<MessageKey, string>,
): string {
  const lines = isKind ? ['  apiVersion?: string | undefined;', '  kind?: string | undefined;'] : [];
  for (const { name, type } of jsonFields(message).values()) {
    const required = isKind && name === 'metadata' && message !== 'apis.meta.v1.Status';
    const text = typeSource(type, names);
    const key = /^[\w$]+$/.test(name) ? name : `'${name}'`;
    lines.push(required ? `  ${key}: ${text};` : `  ${key}?: ${text} | undefined;`);
  }
  return `/** ${message} */\nexport interface ${names.get(message)} {\n${lines.join('\n')}\n}\n`;
}

function typeSource(type: FieldType, names: ReadonlyMap<MessageKey, string>): string {
  if (type.kind === 'union') return 'unknown';
  if (type.kind === 'message') return names.get(type.message) ?? 'unknown';
  if (type.kind === 'map') return `Record<string, ${typeSource(type.value, names)}>`;
  if (type.kind !== 'list') return SCALAR_TYPES[type.kind] ?? 'unknown';
  const item = typeSource(type.item, names);
  return item.includes('|') ? `(${item})[]` : `${item}[]`;
}
