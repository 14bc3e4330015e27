import type { MessageKey } from '../field-table.ts';
import type { KubernetesObject } from '../resources.ts';
import type { KindRules } from './kind-rules.ts';

const NONE: KindRules<KubernetesObject> = {};

const rules: ReadonlyMap<MessageKey, KindRules<KubernetesObject>> = new Map([]);

/** The rules of a kind; a kind without an entry has only its schema and metadata. */
export function rulesOf(message: MessageKey): KindRules<KubernetesObject> {
  return rules.get(message) ?? NONE;
}
