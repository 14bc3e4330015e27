import { type FieldType, jsonFields, type MessageKey, messageFields } from '../../openapi/field-table.ts';
import { unionOf } from '../../openapi/unions.ts';

const MAX_DEPTH = 12;

/** An object of a message with every field set, as deep as messages go without repeating themselves. */
export function sampleObject(message: MessageKey, path: readonly MessageKey[] = []): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  if (path.includes(message) || path.length > MAX_DEPTH) return object;
  for (const { name, type } of jsonFields(message).values()) {
    const value = sampleValue(type, name, [...path, message]);
    if (value !== undefined) object[name] = value;
  }
  return object;
}

function sampleValue(type: FieldType, name: string, path: readonly MessageKey[]): unknown {
  switch (type.kind) {
    case 'message':
      return sampleObject(type.message, path);
    case 'union':
      return unionSample(type.message, path);
    case 'stringList':
      return [`one ${name}`, `another ${name}`];
    case 'list':
      return [sampleValue(type.item, name, path)];
    case 'map':
      return { [`${name}-key`]: sampleValue(type.value, name, path) };
    case 'string':
      return `text of ${name}`;
    case 'int32':
    case 'int64':
      return name.length;
    case 'double':
      return 1.5;
    case 'bool':
      return true;
    case 'bytes':
      return Buffer.from(name).toString('base64');
    case 'time':
      return '2026-01-02T03:04:05Z';
    case 'microTime':
      return '2026-01-02T03:04:05.678901Z';
    case 'duration':
      return '5s';
    case 'quantity':
      return '1500m';
    case 'intOrString':
      return name.length % 2 === 0 ? 8080 : '25%';
    default:
      return { raw: { nested: [1, 'two'] } };
  }
}

/** The alternative that is no object, where there is one. */
function unionSample(message: MessageKey, path: readonly MessageKey[]): unknown {
  const { bool, array } = unionOf(message) ?? {};
  if (bool !== undefined) return true;
  const field = messageFields(message).find(({ name }) => name === array);
  return field && sampleValue(field.type, 'item', path);
}
