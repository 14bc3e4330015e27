import protobuf from 'protobufjs/minimal.js';
import { DecodeError, type JsonObject } from './decode-json.ts';
import type { FieldType } from './field-table.ts';
import { canonicalQuantity } from './quantity.ts';

export type Reader = protobuf.Reader;
export type Writer = protobuf.Writer;

/** The wire type of a value (protobuf encoding, "Message Structure"). */
export function wireType(type: FieldType): number {
  if (type.kind === 'double') return 1;
  return type.kind === 'bool' || type.kind === 'int32' || type.kind === 'int64' ? 0 : 2;
}

/** Reads a value that JSON shows as a scalar; undefined for a zero time. */
export function decodeScalar(type: FieldType, reader: Reader): unknown {
  switch (type.kind) {
    case 'bool':
      return reader.bool();
    case 'int32':
      return reader.int32();
    case 'int64':
      return toNumber(reader.int64());
    case 'double':
      return reader.double();
    case 'string':
      return reader.string();
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64');
    case 'stringList':
      return decodeStringList(protobuf.Reader.create(reader.bytes()));
    default:
      return decodeSpecial(type.kind, protobuf.Reader.create(reader.bytes()));
  }
}

/** Writes what decodeScalar reads. */
export function encodeScalar(type: FieldType, value: unknown, writer: Writer): void {
  switch (type.kind) {
    case 'bool':
      writer.bool(value as boolean);
      return;
    case 'int32':
      writer.int32(value as number);
      return;
    case 'int64':
      writer.int64(value as number);
      return;
    case 'double':
      writer.double(value as number);
      return;
    case 'string':
      writer.string(value as string);
      return;
    case 'bytes':
      writer.bytes(Buffer.from(value as string, 'base64'));
      return;
    case 'stringList':
      writer.fork();
      for (const item of value as string[]) writer.uint32(0x0a).string(item);
      writer.ldelim();
      return;
    default:
      writer.fork();
      encodeSpecial(type.kind, value, writer);
      writer.ldelim();
  }
}

function toNumber(value: unknown): number {
  return typeof value === 'number' ? value : Number(String(value));
}

/** `repeated string items = 1`, which JSON shows as a list. */
function decodeStringList(reader: Reader): string[] {
  const items: string[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 0x0a) items.push(reader.string());
    else reader.skipType(tag & 7);
  }
  return items;
}

/** The fields of a small message by number: varints as numbers, the rest as bytes. */
function readSmall(reader: Reader): Map<number, number | Uint8Array> {
  const fields = new Map<number, number | Uint8Array>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if ((tag & 7) === 0) fields.set(tag >>> 3, toNumber(reader.int64()));
    else if ((tag & 7) === 2) fields.set(tag >>> 3, reader.bytes());
    else reader.skipType(tag & 7);
  }
  return fields;
}

function decodeSpecial(kind: string, reader: Reader): unknown {
  const fields = readSmall(reader);
  const number = (at: number): number => (typeof fields.get(at) === 'number' ? Number(fields.get(at)) : 0);
  const bytes = (at: number): Buffer => {
    const value = fields.get(at);
    return Buffer.from(value instanceof Uint8Array ? value : []);
  };
  switch (kind) {
    case 'time':
      return fields.size === 0 ? undefined : timeText(number(1), 0, 0);
    case 'microTime':
      return fields.size === 0 ? undefined : timeText(number(1), number(2), 6);
    case 'quantity':
      return decodeQuantity(bytes(1).toString());
    case 'intOrString':
      return number(1) === 1 ? bytes(3).toString() : number(2);
    case 'duration':
      return `${number(1) / 1e9}s`;
    default:
      return decodeRaw(bytes(1));
  }
}

function decodeQuantity(text: string): string {
  const canonical = canonicalQuantity(text);
  if (canonical === undefined) throw new DecodeError(`proto: ${JSON.stringify(text)} is no quantity`);
  return canonical;
}

function decodeRaw(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new DecodeError('proto: a raw extension must hold JSON');
  }
}

function timeText(seconds: number, nanos: number, digits: number): string {
  const milliseconds = seconds * 1000;
  if (!(Math.abs(milliseconds) <= 8.64e15)) throw new DecodeError(`proto: time ${seconds} is out of range`);
  const text = new Date(milliseconds).toISOString().slice(0, -5);
  if (digits === 0) return `${text}Z`;
  const fraction = String(Math.floor(Math.abs(nanos) / 1000))
    .padStart(digits, '0')
    .slice(0, digits);
  return `${text}.${fraction}Z`;
}

function encodeSpecial(kind: string, value: unknown, writer: Writer): void {
  switch (kind) {
    case 'time':
    case 'microTime':
      return encodeTime(value as string, writer);
    case 'quantity':
      writer.uint32(0x0a).string(value as string);
      return;
    case 'intOrString':
      return encodeIntOrString(value as number | string, writer);
    case 'duration':
      writer.uint32(0x08).int64(Math.round(Number.parseFloat(value as string) * 1e9));
      return;
    default:
      writer.uint32(0x0a).bytes(Buffer.from(JSON.stringify(value as JsonObject)));
  }
}

function encodeTime(text: string, writer: Writer): void {
  writer.uint32(0x08).int64(Math.floor(Date.parse(text) / 1000));
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  writer.uint32(0x10).int32(Number(fraction.padEnd(9, '0').slice(0, 9)));
}

/** All three fields are written, as Go writes them. */
function encodeIntOrString(value: number | string, writer: Writer): void {
  const isText = typeof value === 'string';
  writer.uint32(0x08).int64(isText ? 1 : 0);
  writer.uint32(0x10).int32(isText ? 0 : value);
  writer.uint32(0x1a).string(isText ? value : '');
}
