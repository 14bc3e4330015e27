import protobuf from 'protobufjs/minimal.js';
import { DecodeError, type JsonObject, setOwn } from './decode-json.ts';
import { type Field, type FieldType, type MessageKey, messageFields } from './field-table.ts';
import { keepsZero } from './pointer-fields.ts';
import { decodeScalar, encodeScalar, type Reader, type Writer, wireType } from './protobuf-scalars.ts';
import { unionOf, unwrapUnion, wrapUnion } from './unions.ts';

const MAX_DEPTH = 100;

/**
 * Reads a protobuf message of the table into its JSON shape. Zero values of fields that Go writes even when
 * nobody set them are left out. Hostile bytes end in DecodeError.
 */
export function decodeMessage(message: MessageKey, bytes: Uint8Array): JsonObject {
  try {
    const reader = protobuf.Reader.create(bytes);
    return readMessage(message, reader, reader.len, 0);
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    throw new DecodeError(`proto: ${message}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Writes an object of the table's shape as protobuf. The object must be valid (see decodeJson). */
export function encodeMessage(message: MessageKey, object: JsonObject): Uint8Array {
  const writer = protobuf.Writer.create();
  writeMessage(message, object, writer);
  return writer.finish();
}

const byNumber = new Map<MessageKey, ReadonlyMap<number, Field>>();

function fieldByNumber(message: MessageKey, number: number): Field | undefined {
  let fields = byNumber.get(message);
  if (!fields) {
    fields = new Map(messageFields(message).map((field) => [field.number, field]));
    byNumber.set(message, fields);
  }
  return fields.get(number);
}

function readMessage(message: MessageKey, reader: Reader, end: number, depth: number): JsonObject {
  if (depth > MAX_DEPTH) throw new DecodeError('proto: message nests too deep');
  const result: JsonObject = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = fieldByNumber(message, tag >>> 3);
    if (!field) reader.skipType(tag & 7);
    else readField(message, field, tag & 7, reader, result, depth);
  }
  if (reader.pos !== end) throw new DecodeError(`proto: ${message} ends in the middle of a field`);
  return result;
}

function readField(
  message: MessageKey,
  field: Field,
  wire: number,
  reader: Reader,
  result: JsonObject,
  depth: number,
): void {
  const { type, name } = field;
  const innermost = type.kind === 'list' ? type.item : type;
  if (wire !== wireType(innermost))
    throw new DecodeError(`proto: wrong wireType = ${wire} for field ${name}`);
  if (type.kind === 'map') {
    const map = (result[name] ??= {}) as JsonObject;
    return readMapEntry(type.value, reader, map, depth);
  }
  const value = readValue(innermost, reader, depth);
  if (type.kind === 'list') {
    const list = (result[name] ??= []) as unknown[];
    list.push(value);
  } else if (field.inline) {
    Object.assign(result, value);
  } else if (!isUnset(value) && (!isZero(value) || keepsZero(message, field))) {
    result[name] = value;
  }
}

/** What Go's nil or zero time reads as. */
function isUnset(value: unknown): boolean {
  return value === undefined;
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}

function readValue(type: FieldType, reader: Reader, depth: number): unknown {
  if (type.kind !== 'message' && type.kind !== 'union') return decodeScalar(type, reader);
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new DecodeError('proto: unexpected EOF');
  const value = readMessage(type.message, reader, end, depth + 1);
  const union = unionOf(type.message);
  return union ? unwrapUnion(union, value) : value;
}

function readMapEntry(type: FieldType, reader: Reader, map: JsonObject, depth: number): void {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new DecodeError('proto: unexpected EOF');
  let key = '';
  let value: unknown = type.kind === 'message' ? {} : '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0x0a) key = reader.string();
    else if (tag >>> 3 === 2 && (tag & 7) === wireType(type)) value = readValue(type, reader, depth);
    else reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new DecodeError('proto: a map entry ends in the middle of a field');
  setOwn(map, key, value);
}

function writeMessage(message: MessageKey, object: JsonObject, writer: Writer): void {
  for (const field of messageFields(message)) {
    // An embedded message's fields stand in the object itself.
    const value = field.inline ? object : object[field.name];
    if (value === undefined || value === null) continue;
    const { type } = field;
    if (type.kind === 'list') {
      for (const item of value as unknown[]) writeValue(field.number, type.item, item, writer);
    } else if (type.kind === 'map') {
      for (const [key, item] of Object.entries(value as JsonObject)) {
        writer.uint32((field.number << 3) | 2).fork();
        writer.uint32(0x0a).string(key);
        writeValue(2, type.value, item, writer);
        writer.ldelim();
      }
    } else {
      writeValue(field.number, type, value, writer);
    }
  }
}

function writeValue(number: number, type: FieldType, value: unknown, writer: Writer): void {
  writer.uint32((number << 3) | wireType(type));
  if (type.kind !== 'message' && type.kind !== 'union') return encodeScalar(type, value, writer);
  const union = unionOf(type.message);
  writer.fork();
  writeMessage(type.message, union ? wrapUnion(union, value) : (value as JsonObject), writer);
  writer.ldelim();
}
