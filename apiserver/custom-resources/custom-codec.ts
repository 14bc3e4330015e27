import { groupVersion, type ResourceDefinition } from '../../openapi/resources.ts';
import type { Codec } from '../registry/codec.ts';
import { typePrefix } from '../registry/encode-object.ts';

const METADATA = Buffer.from('"metadata":{');

/**
 * Conversion strategy None: versions differ in their apiVersion alone. It comes before metadata in stored
 * bytes (see encodeObject), so another one is put in its place without parsing what follows.
 */
export function customCodec(definition: ResourceDefinition, storedVersion: string): Codec {
  const prefix = Buffer.from(typePrefix(definition.kind, groupVersion(definition)));
  return {
    toStored: (object) =>
      object.apiVersion === storedVersion ? object : { ...object, apiVersion: storedVersion },
    served({ buffer, byteOffset, byteLength }) {
      const bytes = Buffer.from(buffer, byteOffset, byteLength);
      const start = bytes.indexOf(METADATA);
      if (start === prefix.length && bytes.subarray(0, start).equals(prefix)) return bytes;
      const result = Buffer.allocUnsafeSlow(prefix.length + bytes.length - start);
      prefix.copy(result);
      bytes.copy(result, prefix.length, start);
      return result;
    },
  };
}
