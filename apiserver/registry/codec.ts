import type { JSONSchemaProps } from '../../openapi/generated/types.ts';
import type { ResourceDefinition } from '../../openapi/resources.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { stampRevision } from '../storage/stamp-revision.ts';
import { conversionOf } from './conversions.ts';
import { encodeObject } from './encode-object.ts';

/** How a served version's objects are stored. */
export interface Codec {
  /** The object that is stored for a served one. */
  toStored(object: KubeObject): KubeObject;
  /** Stored bytes, with their revision in them, as this version serves them; the same ones, if it can. */
  served(bytes: Uint8Array, revision: number): Uint8Array;
  /** Of a custom resource: what stored objects are brought into line with. */
  readonly schema?: JSONSchemaProps;
}

const AS_IT_IS: Codec = { toStored: (object) => object, served: (bytes) => bytes };

/** The codec of a kind of the field table. */
export function codecOf(definition: ResourceDefinition): Codec {
  const conversion = conversionOf(definition);
  if (!conversion) return AS_IT_IS;
  return {
    toStored: (object) => conversion.toStored(object),
    served({ buffer, byteOffset, byteLength }, revision) {
      const stored = JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString()) as KubeObject;
      return stampRevision(encodeObject(conversion.fromStored(stored)), revision);
    },
  };
}
