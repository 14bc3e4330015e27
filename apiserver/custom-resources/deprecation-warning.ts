import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '../../openapi/generated/types.ts';
import { byPreference } from './kube-version.ts';

/** What clients of a deprecated version are told, and what to use instead; nothing for another version. */
export function deprecationWarning(
  { spec = {} }: CustomResourceDefinition,
  { name, deprecated, deprecationWarning: text }: CustomResourceDefinitionVersion,
): readonly string[] {
  if (!deprecated) return [];
  if (text !== undefined) return [text];
  const { group, names, versions = [] } = spec;
  const [better] = versions
    .filter((version) => version.served && !version.deprecated)
    .map((version) => version.name ?? '')
    .sort(byPreference);
  const message = `${group}/${name} ${names?.kind} is deprecated`;
  return [better === undefined ? message : `${message}; use ${group}/${better} ${names?.kind}`];
}
