import protobuf from 'protobufjs';

/** What is used of etcd's v3 API, with the field numbers of its rpc.proto and kv.proto. */
const SCHEMA = `
syntax = "proto3";
message KeyValue { bytes key = 1; int64 mod_revision = 3; int64 version = 4; bytes value = 5; }
message Event { enum Type { PUT = 0; DELETE = 1; } Type type = 1; KeyValue kv = 2; }
message Header { int64 revision = 3; }

message RangeRequest { bytes key = 1; bytes range_end = 2; int64 limit = 3; int64 revision = 4; bool keys_only = 8; }
message RangeResponse { Header header = 1; repeated KeyValue kvs = 2; bool more = 3; }
message PutRequest { bytes key = 1; bytes value = 2; int64 lease = 3; }
message PutResponse { Header header = 1; }
message DeleteRequest { bytes key = 1; }
message DeleteResponse { Header header = 1; }

message Compare {
  enum Result { EQUAL = 0; }
  enum Target { VERSION = 0; CREATE = 1; MOD = 2; }
  Result result = 1; Target target = 2; bytes key = 3;
  oneof target_union { int64 version = 4; int64 mod_revision = 6; }
}
message RequestOp {
  oneof request { RangeRequest request_range = 1; PutRequest request_put = 2; DeleteRequest request_delete_range = 3; }
}
message ResponseOp {
  oneof response { RangeResponse response_range = 1; PutResponse response_put = 2; DeleteResponse response_delete_range = 3; }
}
message TxnRequest { repeated Compare compare = 1; repeated RequestOp success = 2; repeated RequestOp failure = 3; }
message TxnResponse { Header header = 1; bool succeeded = 2; repeated ResponseOp responses = 3; }

message CompactionRequest { int64 revision = 1; }
message CompactionResponse { Header header = 1; }

message WatchCreateRequest { bytes key = 1; bytes range_end = 2; int64 start_revision = 3; }
message WatchRequest { oneof request_union { WatchCreateRequest create_request = 1; } }
message WatchResponse {
  Header header = 1; int64 watch_id = 2; bool created = 3; bool canceled = 4; int64 compact_revision = 5;
  string cancel_reason = 6; repeated Event events = 11;
}

message LeaseGrantRequest { int64 TTL = 1; int64 ID = 2; }
message LeaseGrantResponse { Header header = 1; int64 ID = 2; int64 TTL = 3; string error = 4; }
`;

const root = protobuf.parse(SCHEMA, { keepCase: true }).root;

/** A message's two directions. 64-bit numbers are JavaScript's: etcd's revisions stay below 2^53. */
export interface Codec<T> {
  encode(value: object): Buffer;
  decode(bytes: Uint8Array): T;
}

export function codec<T>(name: string): Codec<T> {
  const type = root.lookupType(name);
  return {
    encode: (value) => Buffer.from(type.encode(type.fromObject(value)).finish()),
    decode: (bytes) =>
      type.toObject(type.decode(bytes), {
        longs: Number,
        enums: String,
        bytes: Buffer,
        defaults: true,
        arrays: true,
      }) as T,
  };
}

export interface KeyValue {
  readonly key: Buffer;
  readonly mod_revision: number;
  readonly version: number;
  readonly value: Buffer;
}

interface Header {
  readonly revision: number;
}

export interface RangeResponse {
  readonly header: Header;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
}

export interface TxnResponse {
  readonly header: Header;
  readonly succeeded: boolean;
  readonly responses: readonly { readonly response_range?: RangeResponse }[];
}

export interface WatchResponse {
  readonly header: Header;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: number;
  readonly cancel_reason: string;
  readonly events: readonly { readonly type: 'PUT' | 'DELETE'; readonly kv: KeyValue }[];
}

export interface Answered {
  readonly header: Header;
}
