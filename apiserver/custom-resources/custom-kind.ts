import { DecodeError, decodeJson, isJsonObject, type JsonObject } from '../../openapi/decode-json.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '../../openapi/generated/types.ts';
import { customResource } from '../../openapi/resource-definition.ts';
import { SCALE, STATUS } from '../../openapi/resources/subresources.ts';
import type { ResourceDefinition } from '../../openapi/resources.ts';
import { applyDefaults, DefaultsTooLarge } from '../../openapi/structural/apply-defaults.ts';
import { validateEmbedded } from '../../openapi/structural/embedded-resources.ts';
import { pruneUnknown } from '../../openapi/structural/prune.ts';
import { compileSchema, type StructuralSchema } from '../../openapi/structural/structural-schema.ts';
import { validateValue } from '../../openapi/structural/validate-value.ts';
import { errors } from '../errors.ts';
import type { Kind, Reader, ScalePaths } from '../registry/kind.ts';
import { customCodec } from './custom-codec.ts';
import { customColumns } from './custom-columns.ts';
import { customStrategy } from './custom-strategy.ts';
import { customType } from './custom-type.ts';
import { hasCondition } from './definition-conditions.ts';
import { deprecationWarning } from './deprecation-warning.ts';
import { parseFieldPath } from './field-path.ts';

/** One version of a custom resource, ready to be served. */
export interface CustomVersion {
  readonly definition: ResourceDefinition;
  readonly kind: Kind;
  readonly isServed: boolean;
}

/**
 * What an established definition says, compiled; one that is not established yet says nothing. Versions that
 * are neither served nor stored are left out.
 */
export function customVersions(crd: CustomResourceDefinition): readonly CustomVersion[] {
  if (!hasCondition(crd, 'Established')) return [];
  const versions = crd.spec?.versions ?? [];
  return versions
    .filter(({ served, storage }) => served || storage)
    .map((version) => customVersion(crd, version));
}

function customVersion(
  crd: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
): CustomVersion {
  const { group = '', scope, versions = [] } = crd.spec ?? {};
  const {
    plural = '',
    singular = '',
    kind = '',
    listKind,
    shortNames,
    categories,
  } = crd.status?.acceptedNames ?? {};
  const isTerminating = hasCondition(crd, 'Terminating');
  const { subresources = {} } = version;
  const definition = customResource(group, version.name ?? '', plural, {
    kind,
    singular,
    namespaced: scope === 'Namespaced',
    ...(shortNames ? { shortNames } : {}),
    ...(categories ? { categories } : {}),
    subresources: [...(subresources.scale ? [SCALE] : []), ...(subresources.status ? [STATUS] : [])],
    isTerminating,
  });
  const schema = compileSchema(version.schema?.openAPIV3Schema ?? {});
  const stored = versions.find(({ storage }) => storage) ?? version;
  return {
    definition,
    isServed: version.served === true,
    kind: {
      listKind: listKind || `${kind}List`,
      strategy: customStrategy(definition, version),
      rules: {
        defaults: (object) => fillIn(object, schema),
        validate(object, faults, previous) {
          validateValue(schema, object, previous, '', faults);
          validateEmbedded(schema, object, '', faults);
        },
      },
      type: customType(schema),
      columns: customColumns(version.additionalPrinterColumns),
      codec: customCodec(definition, {
        apiVersion: `${group}/${stored.name}`,
        schema: stored.schema?.openAPIV3Schema ?? {},
      }),
      read: readerOf(schema),
      scale: scalePaths(version),
      warnings: deprecationWarning(crd, version),
      isTerminating,
    },
  };
}

function fillIn(object: object, schema: StructuralSchema): void {
  try {
    applyDefaults(object, schema);
  } catch (error) {
    throw error instanceof DefaultsTooLarge ? errors.badRequest(error.message) : error;
  }
}

function scalePaths({ subresources }: CustomResourceDefinitionVersion): ScalePaths | undefined {
  if (!subresources?.scale) return undefined;
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = subresources.scale;
  return {
    replicas: parseFieldPath(specReplicasPath),
    statusReplicas: parseFieldPath(statusReplicasPath),
    selector: labelSelectorPath === '' ? undefined : parseFieldPath(labelSelectorPath),
  };
}

/** Metadata must be metadata; of the rest, what the schema does not know is taken out and reported. */
function readerOf(schema: StructuralSchema): Reader {
  return (raw) => {
    const metadata = readMetadata(raw);
    const object: JsonObject = { ...raw, metadata: metadata.object };
    const unknown = metadata.unknownFields.map((path) => `metadata.${path}`);
    pruneUnknown(object, schema, true, '', unknown);
    return { object, unknownFields: unknown };
  };
}

function readMetadata({ metadata }: JsonObject): ReturnType<typeof decodeJson> {
  if (metadata === undefined || metadata === null) return { object: {}, unknownFields: [] };
  if (!isJsonObject(metadata)) throw new DecodeError('metadata must be an object');
  return decodeJson('apis.meta.v1.ObjectMeta', metadata, false);
}
