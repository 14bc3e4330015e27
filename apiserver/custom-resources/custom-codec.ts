import type { JSONSchemaProps } from '../../openapi/generated/types.ts';
import { groupVersion, type ResourceDefinition } from '../../openapi/resources.ts';
import { applyDefaults } from '../../openapi/structural/apply-defaults.ts';
import { pruneUnknown } from '../../openapi/structural/prune.ts';
import { compileSchema } from '../../openapi/structural/structural-schema.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import type { Codec } from '../registry/codec.ts';
import { encodeObject, typePrefix } from '../registry/encode-object.ts';
import { stampRevision } from '../storage/stamp-revision.ts';

const METADATA = Buffer.from('"metadata":{');

/** The version that objects are stored in. */
export interface StoredVersion {
  readonly apiVersion: string;
  readonly schema: JSONSchemaProps;
}

/**
 * Conversion strategy None: versions differ in their apiVersion alone. It comes before metadata in stored
 * bytes (see encodeObject), so that another one is put in its place without touching what follows. An object
 * that was stored under an older schema is pruned and defaulted by the present one.
 */
export function customCodec(definition: ResourceDefinition, stored: StoredVersion): Codec {
  const prefix = Buffer.from(typePrefix(definition.kind, groupVersion(definition)));
  const normalized = normalizer(stored.schema);
  return {
    schema: stored.schema,
    toStored: (object) =>
      object.apiVersion === stored.apiVersion ? object : { ...object, apiVersion: stored.apiVersion },
    served(original, revision) {
      const { buffer, byteOffset, byteLength } = original;
      const bytes = Buffer.from(buffer, byteOffset, byteLength);
      const object = normalized(bytes);
      if (object) {
        const { kind } = definition;
        return stampRevision(
          encodeObject({ ...object, kind, apiVersion: groupVersion(definition) }),
          revision,
        );
      }
      const start = bytes.indexOf(METADATA);
      if (start === prefix.length && bytes.subarray(0, start).equals(prefix)) return original;
      const result = Buffer.allocUnsafeSlow(prefix.length + bytes.length - start);
      prefix.copy(result);
      bytes.copy(result, prefix.length, start);
      return result;
    },
  };
}

/** Undefined for an object that the schema finds nothing to do about. */
function normalizer(props: JSONSchemaProps): (bytes: Buffer) => KubeObject | undefined {
  const schema = compileSchema(props);
  return (bytes) => {
    const object = JSON.parse(bytes.toString()) as KubeObject;
    const pruned: string[] = [];
    try {
      pruneUnknown(object, schema, true, '', pruned);
      const changed = applyDefaults(object, schema);
      return changed || pruned.length > 0 ? object : undefined;
    } catch {
      // What a new schema would make too large is shown as it is stored.
      return undefined;
    }
  };
}
