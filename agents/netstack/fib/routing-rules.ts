import { NetError } from '../net-error.ts';
import { asksForMoreThanDestination, isSamePrefix, isSameRule, type RoutingRule } from './routing-rule.ts';

/** Each look-up may walk them all. */
const MAX_RULES = 4096;

/** The rules of one family in the order that look-ups ask them (net/core/fib_rules.c). */
export class RoutingRules {
  readonly #first: readonly RoutingRule[];
  readonly #onChange: () => void;
  #rules: readonly RoutingRule[];
  /** Whether two packets to one destination may go by different routes. */
  isKeyed = false;
  /** Whether they are others than those that the kernel starts with. */
  isCustom = false;

  constructor(first: readonly RoutingRule[], onChange: () => void) {
    this.#first = first;
    this.#rules = first;
    this.#onChange = onChange;
  }

  list(): readonly RoutingRule[] {
    return this.#rules;
  }

  /** Without a priority it comes before all but the first one (fib_default_rule_pref). EEXIST, ENOBUFS. */
  add(spec: Omit<RoutingRule, 'priority'> & { readonly priority?: number | undefined }): void {
    if (this.#rules.length >= MAX_RULES) throw new NetError('ENOBUFS', 'too many rules');
    const rule = { ...spec, priority: spec.priority ?? this.#nextPriority() };
    if (this.#rules.some((other) => isSameRule(other, rule))) throw new NetError('EEXIST', 'File exists');
    const after = this.#rules.findIndex((other) => other.priority > rule.priority);
    const at = after < 0 ? this.#rules.length : after;
    this.#set([...this.#rules.slice(0, at), rule, ...this.#rules.slice(at)]);
  }

  /** Removes the first rule that has all that `wanted` names; ENOENT if there is none. */
  remove(wanted: Partial<RoutingRule>): void {
    const at = this.#rules.findIndex((rule) => hasAll(rule, wanted));
    if (at < 0) throw new NetError('ENOENT', 'No such file or directory');
    this.#set(this.#rules.filter((_, i) => i !== at));
  }

  /** All but priority 0, as `ip rule flush` does. */
  flush(): void {
    this.#set(this.#rules.filter(({ priority }) => priority === 0));
  }

  #nextPriority(): number {
    const second = this.#rules[1]?.priority ?? 0;
    return second === 0 ? 0 : second - 1;
  }

  #set(rules: readonly RoutingRule[]): void {
    this.#rules = rules;
    this.isKeyed = rules.some(asksForMoreThanDestination);
    this.isCustom =
      rules.length !== this.#first.length || rules.some((rule, i) => !isSameRule(rule, this.#first[i]!));
    this.#onChange();
  }
}

/** rule_find, net/core/fib_rules.c: what is not named may be anything. */
function hasAll(rule: RoutingRule, wanted: Partial<RoutingRule>): boolean {
  const { from, to, ...plain } = wanted;
  if (from !== undefined && !isSamePrefix(from, rule.from)) return false;
  if (to !== undefined && !isSamePrefix(to, rule.to)) return false;
  return (Object.keys(plain) as (keyof typeof plain)[]).every((name) => plain[name] === rule[name]);
}
