import type { Faults } from '../../faults.ts';
import type { CustomResourceDefinitionNames } from '../../generated/types.ts';
import { nameFault } from '../names.ts';

/** The names of a definition, wanted or accepted; what is empty is not looked at. */
export function validateNames(names: CustomResourceDefinitionNames, at: string, faults: Faults): void {
  const check = (field: string, name: string, text: string, hint = ''): void => {
    const fault = nameFault(text, 'dns-1035-label');
    if (name !== '' && fault !== undefined) faults.invalid(`${at}.${field}`, name, hint + fault);
  };
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names;
  const mixed = 'may have mixed case, but should otherwise match: ';
  check('plural', plural, plural);
  check('singular', singular, singular);
  check('kind', kind, kind.toLowerCase(), mixed);
  check('listKind', listKind, listKind.toLowerCase(), mixed);
  for (const [index, name] of shortNames.entries()) check(`shortNames[${index}]`, name || ' ', name);
  for (const [index, name] of categories.entries()) check(`categories[${index}]`, name || ' ', name);
  if (kind !== '' && kind === listKind) {
    faults.invalid(`${at}.listKind`, listKind, 'kind and listKind may not be the same');
  }
}
