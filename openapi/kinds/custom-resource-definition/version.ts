import type { Faults } from '../../faults.ts';
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresourceScale,
  JSONSchemaProps,
} from '../../generated/types.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const MAX_SELECTABLE_FIELDS = 8;

/** What a version has besides its schema; fields that select are looked up in it, if it is sound. */
export function validateVersion(
  version: CustomResourceDefinitionVersion,
  isSchemaSound: boolean,
  at: string,
  faults: Faults,
): void {
  const { deprecated, deprecationWarning, subresources, additionalPrinterColumns = [] } = version;
  if (deprecationWarning !== undefined) {
    for (const fault of warningFaults(deprecated ?? false, deprecationWarning))
      faults.invalid(`${at}.deprecationWarning`, deprecationWarning, fault);
  }
  if (subresources?.scale) validateScale(subresources.scale, `${at}.subresources.scale`, faults);
  for (const [index, column] of additionalPrinterColumns.entries())
    validateColumn(column, `${at}.additionalPrinterColumns[${index}]`, faults);
  if (isSchemaSound) validateSelectableFields(version, `${at}.selectableFields`, faults);
}

function warningFaults(deprecated: boolean, text: string): string[] {
  if (!deprecated) return ['can only be set for deprecated versions'];
  if (text === '') return ['must not be an empty string'];
  return [
    ...(text.length > 256 ? ['must be <= 256 characters long'] : []),
    ...(/[\p{C}]/u.test(text) ? ['must only contain printable UTF-8 characters'] : []),
  ];
}

function validateColumn(column: CustomResourceColumnDefinition, at: string, faults: Faults): void {
  const { name = '', type = '', format = '', jsonPath = '' } = column;
  if (name === '') faults.required(`${at}.name`);
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (type === '') faults.required(`${at}.type`, types);
  else if (!COLUMN_TYPES.includes(type)) faults.invalid(`${at}.type`, type, types);
  if (format !== '' && !COLUMN_FORMATS.includes(format))
    faults.invalid(`${at}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`);
  if (jsonPath === '') faults.required(`${at}.JSONPath`);
  else validatePath(jsonPath, `${at}.JSONPath`, faults);
}

function validatePath(path: string, at: string, faults: Faults): boolean {
  if (path.startsWith('.')) return true;
  faults.invalid(at, path, 'must be a simple json path starting with .');
  return false;
}

function validateScale(scale: CustomResourceSubresourceScale, at: string, faults: Faults): void {
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale;
  const under = (field: string, path: string, roots: readonly string[], where: string): void => {
    if (!validatePath(path, `${at}.${field}`, faults)) return;
    if (!roots.some((root) => path.startsWith(`.${root}.`)))
      faults.invalid(`${at}.${field}`, path, `should be a json path under ${where}`);
  };
  if (specReplicasPath === '') faults.required(`${at}.specReplicasPath`);
  else under('specReplicasPath', specReplicasPath, ['spec'], '.spec');
  if (statusReplicasPath === '') faults.required(`${at}.statusReplicasPath`);
  else under('statusReplicasPath', statusReplicasPath, ['status'], '.status');
  if (labelSelectorPath !== '')
    under('labelSelectorPath', labelSelectorPath, ['spec', 'status'], 'either .spec or .status');
}

function validateSelectableFields(
  { selectableFields = [], schema }: CustomResourceDefinitionVersion,
  at: string,
  faults: Faults,
): void {
  const seen = new Set<string>();
  for (const [index, { jsonPath = '' }] of selectableFields.entries()) {
    const field = `${at}[${index}].jsonPath`;
    if (jsonPath === '') {
      faults.required(field);
      continue;
    }
    const names = /^(?:\.[A-Za-z_][\w-]*)+$/.test(jsonPath) ? jsonPath.slice(1).split('.') : [];
    const found = names.length === 0 ? undefined : schemaAt(schema?.openAPIV3Schema, names);
    if (names[0] === 'metadata') faults.invalid(field, jsonPath, 'must not point to fields in metadata');
    else if (!found) {
      faults.invalid(field, jsonPath, 'is an invalid path: does not refer to a valid field');
    } else if (!['string', 'boolean', 'integer'].includes(found.type ?? '')) {
      faults.invalid(
        field,
        jsonPath,
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      );
    }
    if (seen.has(jsonPath)) faults.duplicate(field, jsonPath);
    seen.add(jsonPath);
  }
  if (seen.size > MAX_SELECTABLE_FIELDS) faults.tooMany(at, seen.size, MAX_SELECTABLE_FIELDS);
}

function schemaAt(
  schema: JSONSchemaProps | undefined,
  [name, ...rest]: readonly string[],
): JSONSchemaProps | undefined {
  if (name === undefined) return schema;
  const { properties = {} } = schema ?? {};
  return Object.hasOwn(properties, name) ? schemaAt(properties[name], rest) : undefined;
}
