import type { JsonObject } from '../../openapi/decode-json.ts';
import type { MessageKey } from '../../openapi/field-table.ts';
import { type SealedMessage, sealMessage } from '../../openapi/protobuf-envelope.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import type { ResourceStore } from '../registry/resource-store.ts';

/** What an envelope has to name. */
export interface TypedObject {
  readonly kind: string;
  readonly apiVersion: string;
}

/** A stored object as protobuf: made when first asked for, then shared like its JSON bytes. */
export function sealed({ definition, apiVersion }: ResourceStore, stored: StoredObject): SealedMessage {
  return stored.sealed((object) => sealMessage(definition.message, apiVersion, definition.kind, object));
}

/** An object that is not stored as protobuf. */
export function sealedAs(message: MessageKey, object: TypedObject): SealedMessage {
  return sealMessage(message, object.apiVersion, object.kind, object as unknown as JsonObject);
}
