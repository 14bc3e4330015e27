import { contains, type Prefix } from '../cidr.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Link } from '../link/link.ts';
import type { RouteTable } from './route.ts';

export type RuleAction = 'lookup' | 'blackhole' | 'unreachable' | 'prohibit';

/** One rule of `ip rule`: which look-ups it is for, and what becomes of them. */
export interface RoutingRule {
  readonly priority: number;
  /** It is for all look-ups that its selectors do not describe. */
  readonly isInverted: boolean;
  readonly from: Prefix | undefined;
  readonly to: Prefix | undefined;
  /** Devices by name, as long as there is one of that name. */
  readonly input: string | undefined;
  readonly output: string | undefined;
  readonly mark: number;
  /** 0 if the mark does not matter. */
  readonly markMask: number;
  readonly action: RuleAction;
  /** Where a `lookup` goes on. */
  readonly table: RouteTable;
}

/** What rules ask of a look-up besides its destination. */
export interface RouteKey {
  readonly source?: IpAddress | undefined;
  /** None for what is made here, which to rules is the device `lo`. */
  readonly input?: Link | undefined;
  /** The one device that the route must lead to. */
  readonly output?: Link | undefined;
  readonly mark?: number | undefined;
}

export const ANY_RULE: Omit<RoutingRule, 'priority'> = {
  isInverted: false,
  from: undefined,
  to: undefined,
  input: undefined,
  output: undefined,
  mark: 0,
  markMask: 0,
  action: 'lookup',
  table: 'main',
};

/** fib_default_rules_init, net/ipv4/fib_rules.c. */
export const FIRST_RULES: readonly RoutingRule[] = [
  { ...ANY_RULE, priority: 0, table: 'local' },
  { ...ANY_RULE, priority: 32_766, table: 'main' },
  { ...ANY_RULE, priority: 32_767, table: 'default' },
];

/** fib6_rules_net_init, net/ipv6/fib6_rules.c. */
export const FIRST_RULES_6: readonly RoutingRule[] = FIRST_RULES.slice(0, 2);

/** fib_rule_match, net/core/fib_rules.c, and what each family adds to it. */
export function ruleMatches(rule: RoutingRule, destination: IpAddress, key: RouteKey): boolean {
  return describes(rule, destination, key) !== rule.isInverted;
}

function describes(rule: RoutingRule, destination: IpAddress, key: RouteKey): boolean {
  const { input, output, mark, markMask, from, to } = rule;
  if (input !== undefined && input !== (key.input?.name ?? 'lo')) return false;
  if (output !== undefined && output !== key.output?.name) return false;
  if ((((key.mark ?? 0) ^ mark) & markMask) !== 0) return false;
  if (to !== undefined && !contains(to, destination)) return false;
  return from === undefined || (key.source !== undefined && contains(from, key.source));
}

/** Whether its answer may differ for two packets to one destination. */
export function asksForMoreThanDestination({ from, input, output, markMask }: RoutingRule): boolean {
  return from !== undefined || input !== undefined || output !== undefined || markMask !== 0;
}

/** rule_exists, net/core/fib_rules.c. */
export function isSameRule(a: RoutingRule, b: RoutingRule): boolean {
  return (
    a.priority === b.priority &&
    a.isInverted === b.isInverted &&
    isSamePrefix(a.from, b.from) &&
    isSamePrefix(a.to, b.to) &&
    a.input === b.input &&
    a.output === b.output &&
    a.mark === b.mark &&
    a.markMask === b.markMask &&
    a.action === b.action &&
    (a.action !== 'lookup' || a.table === b.table)
  );
}

export function isSamePrefix(a: Prefix | undefined, b: Prefix | undefined): boolean {
  return a?.address === b?.address && a?.prefixLength === b?.prefixLength;
}
