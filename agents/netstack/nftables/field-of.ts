import { CT_FIELDS } from './ct-fields.ts';
import type { Field } from './field.ts';
import { IP_FIELDS } from './ip-fields.ts';
import { META_FIELDS } from './meta-fields.ts';
import { TRANSPORT_FIELDS } from './transport-fields.ts';

const ALL = [...IP_FIELDS, ...TRANSPORT_FIELDS, ...META_FIELDS, ...CT_FIELDS];
const BY_TEXT: ReadonlyMap<string, Field> = new Map(ALL.map((field) => [field.text, field]));

/** `meta` may be left out of some, and written before others. */
const ALIASES: Readonly<Record<string, string>> = {
  'meta iifname': 'iifname',
  'meta oifname': 'oifname',
  'meta iif': 'iif',
  'meta oif': 'oif',
  mark: 'meta mark',
  pkttype: 'meta pkttype',
};

/** The field of an expression's words, as nft prints them or as it takes them, too. */
export function fieldOf(text: string): Field | undefined {
  return BY_TEXT.get(Object.hasOwn(ALIASES, text) ? ALIASES[text]! : text);
}
