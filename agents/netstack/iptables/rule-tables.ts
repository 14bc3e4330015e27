import { PROTO_TCP } from '../protocol-numbers.ts';
import type { Rule, Target } from './rule.ts';
import type { TableName } from './table-layout.ts';

/** Targets that only work in one table (`.table` in the kernel). */
const TABLE_OF: Readonly<Partial<Record<Target['kind'], TableName>>> = {
  DNAT: 'nat',
  SNAT: 'nat',
  MASQUERADE: 'nat',
  REDIRECT: 'nat',
  CT: 'raw',
  NOTRACK: 'raw',
  REJECT: 'filter',
  DSCP: 'mangle',
  TOS: 'mangle',
  TTL: 'mangle',
  HL: 'mangle',
};

/** Whether a rule may stand in a table, and its target behind its protocol (xt_check_target, xt_check_match). */
export function mayStandIn({ matches, target, protocol }: Rule, table: TableName): boolean {
  const only = TABLE_OF[target.kind];
  if (only !== undefined && only !== table) return false;
  if (target.kind === 'TCPMSS' && (protocol?.number !== PROTO_TCP || protocol.invert)) return false;
  return table === 'raw' || table === 'mangle' || matches.every(({ kind }) => kind !== 'rpfilter');
}
