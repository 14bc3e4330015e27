import type { ObjectMeta } from '../../openapi/generated/types.ts';
import type { SealedMessage } from '../../openapi/protobuf-envelope.ts';

/** Any object, as handlers see it before a kind's rules do. */
export interface KubeObject {
  kind: string;
  apiVersion: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** What selectors look at. */
export interface Attributes {
  readonly labels: Readonly<Record<string, string>>;
  /** Selectable fields other than metadata.name and metadata.namespace. */
  readonly fields: Readonly<Record<string, string>>;
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});
/** Parsed forms kept at the same time; beyond that the oldest is dropped and parsed again when needed. */
const MAX_PARSED = 4096;
const parsedRing: (StoredObject | undefined)[] = new Array(MAX_PARSED);
let ringAt = 0;

/** One revision of an object: its bytes, shared by every answer and watcher, and what is read from them. */
export class StoredObject {
  readonly namespace: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly revision: number;
  readonly #fieldsOf: ((object: KubeObject) => Record<string, string>) | undefined;
  #parsed: KubeObject | undefined;
  #attributes: Attributes | undefined;
  #sealed: SealedMessage | undefined;

  constructor(
    namespace: string,
    name: string,
    bytes: Uint8Array,
    revision: number,
    fieldsOf?: (object: KubeObject) => Record<string, string>,
  ) {
    this.namespace = namespace;
    this.name = name;
    this.bytes = bytes;
    this.revision = revision;
    this.#fieldsOf = fieldsOf;
  }

  /** The object, shared: never change it. */
  get object(): KubeObject {
    if (!this.#parsed) {
      this.#parsed = this.copy();
      parsedRing[ringAt]?.forget();
      parsedRing[ringAt] = this;
      ringAt = (ringAt + 1) % MAX_PARSED;
    }
    return this.#parsed;
  }

  get attributes(): Attributes {
    this.#attributes ??= {
      labels: this.object.metadata.labels ?? NONE,
      fields: this.#fieldsOf?.(this.object) ?? NONE,
    };
    return this.#attributes;
  }

  /** The object as protobuf, made by the first who asks for it and kept as long as the bytes. */
  sealed(seal: (object: KubeObject) => SealedMessage): SealedMessage {
    this.#sealed ??= seal(this.object);
    return this.#sealed;
  }

  /** The object, for the caller to change. */
  copy(): KubeObject {
    return JSON.parse(
      Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).toString(),
    );
  }

  forget(): void {
    this.#parsed = undefined;
  }
}
