import {
  FORWARD,
  type HookPoint,
  INPUT,
  OUTPUT,
  POSTROUTING,
  PREROUTING,
  PRIORITY,
} from '../netfilter/hooks.ts';

export const TABLE_NAMES = ['raw', 'mangle', 'nat', 'filter', 'security'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

export interface BuiltinChain {
  readonly name: string;
  readonly point: HookPoint;
  readonly priority: number;
}

const at = (name: string, point: HookPoint, priority: number): BuiltinChain => ({ name, point, priority });

/** The built-in chains of each table in the order that iptables-save shows, and where each is called. */
export const BUILTIN_CHAINS: Readonly<Record<TableName, readonly BuiltinChain[]>> = {
  raw: [at('PREROUTING', PREROUTING, PRIORITY.raw), at('OUTPUT', OUTPUT, PRIORITY.raw)],
  mangle: [
    at('PREROUTING', PREROUTING, PRIORITY.mangle),
    at('INPUT', INPUT, PRIORITY.mangle),
    at('FORWARD', FORWARD, PRIORITY.mangle),
    at('OUTPUT', OUTPUT, PRIORITY.mangle),
    at('POSTROUTING', POSTROUTING, PRIORITY.mangle),
  ],
  nat: [
    at('PREROUTING', PREROUTING, PRIORITY.dstnat),
    at('INPUT', INPUT, PRIORITY.srcnat),
    at('OUTPUT', OUTPUT, PRIORITY.dstnat),
    at('POSTROUTING', POSTROUTING, PRIORITY.srcnat),
  ],
  filter: [
    at('INPUT', INPUT, PRIORITY.filter),
    at('FORWARD', FORWARD, PRIORITY.filter),
    at('OUTPUT', OUTPUT, PRIORITY.filter),
  ],
  security: [
    at('INPUT', INPUT, PRIORITY.security),
    at('FORWARD', FORWARD, PRIORITY.security),
    at('OUTPUT', OUTPUT, PRIORITY.security),
  ],
};

export function isTableName(name: string): name is TableName {
  return (TABLE_NAMES as readonly string[]).includes(name);
}
