import type { Prefix } from '../netstack/cidr.ts';
import type { Fib } from '../netstack/fib/fib.ts';
import { routeTable } from '../netstack/fib/route-table.ts';
import { ANY_RULE, type RoutingRule, type RuleAction } from '../netstack/fib/routing-rule.ts';
import { bitsOf, formatIp, type IpAddress, versionOf } from '../netstack/ip-address.ts';
import { NetError } from '../netstack/net-error.ts';
import type { Netns } from '../netstack/netns.ts';
import { type Command, success, UsageError } from './command.ts';
import { IpWords, requireNumber, requirePrefix } from './ip-words.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type RuleWords = Partial<Mutable<RoutingRule>>;

/** `ip rule show|add|del|flush`. */
export const ipRule: Command = (args, _stdin, { ns }) => {
  const words = new IpWords(args, ['show', 'list', 'lst', 'add', 'delete', 'flush'], 'rule');
  const { rules } = (words.family === 6 ? ns.fib6 : ns.fib) as Fib<IpAddress>;
  const said = readRule(words);
  if (words.verb === 'add') rules.add(completed(said, words));
  else if (words.verb === 'delete') {
    if (Object.keys(said).length === 0) throw new UsageError('"ip rule del" requires arguments.', 1);
    rules.remove(checked(said, words));
  } else if (words.verb === 'flush') rules.flush();
  else {
    const shown = rules.list().filter((rule) => isShown(rule, said));
    if (words.json) return success(`${JSON.stringify(shown.map((rule) => ruleToJson(ns, rule)))}\n`);
    return success(shown.map((rule) => formatRule(ns, rule)).join(''));
  }
  return success();
};

const ACTIONS: ReadonlySet<string> = new Set(['blackhole', 'unreachable', 'prohibit']);
const MAX_U32 = 0xffffffff;

function readRule(words: IpWords): RuleWords {
  const rule: RuleWords = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'not') rule.isInverted = true;
    else if (word === 'from') setPrefix(rule, 'from', words);
    else if (word === 'to') setPrefix(rule, 'to', words);
    else if (word === 'iif' || word === 'dev') rule.input = requireName(words.value(word), word);
    else if (word === 'oif') rule.output = requireName(words.value(word), word);
    else if (word === 'fwmark') readMark(rule, words.value(word));
    else if (word === 'priority' || word === 'preference' || word === 'pref' || word === 'order')
      rule.priority = requireNumber(words.value(word), MAX_U32, 'preference value is invalid');
    else if (word === 'table' || word === 'lookup') rule.table = requireTable(words.value(word));
    else if (ACTIONS.has(word)) rule.action = word as RuleAction;
    else throw new UsageError(`Error: argument "${word}" is wrong: Failed to parse rule type`, 255);
  }
  return rule;
}

function setPrefix(rule: RuleWords, end: 'from' | 'to', words: IpWords): void {
  const text = words.value(end);
  if (text === 'all' || text === 'any' || text === 'default') return;
  const prefix: Prefix = requirePrefix(text, words.family);
  if (prefix.prefixLength > 0) rule[end] = prefix;
}

function requireName(name: string, word: string): string {
  if (/^[^\s/]{1,15}$/.test(name)) return name;
  throw new UsageError(`Error: argument "${name}" is wrong: "${word}" not a valid ifname`, 255);
}

/** `VALUE[/MASK]`; without a mask all of it counts. */
function readMark(rule: RuleWords, text: string): void {
  const [value = '', mask] = text.split('/', 2);
  rule.mark = requireNumber(value, MAX_U32, 'fwmark value is invalid');
  rule.markMask = mask === undefined ? MAX_U32 : requireNumber(mask, MAX_U32, 'fwmask value is invalid');
}

function requireTable(name: string) {
  const table = routeTable(name);
  if (table === undefined)
    throw new UsageError(`Error: argument "${name}" is wrong: invalid table ID\n`, 255);
  return table;
}

/** What `add` takes the rest to be. */
function completed(said: RuleWords, words: IpWords) {
  return { ...ANY_RULE, priority: undefined, ...checked(said, words) };
}

/** EINVAL for an address of the other family. */
function checked(said: RuleWords, { family = 4 }: IpWords): RuleWords {
  for (const [end, name] of [
    ['from', 'source'],
    ['to', 'destination'],
  ] as const) {
    const prefix = said[end];
    if (prefix && versionOf(prefix.address) !== family)
      throw new UsageError(`Error: Invalid ${name} address.`, 2);
  }
  if (said.action === undefined || said.table === undefined) return said;
  throw new NetError('EINVAL', 'Invalid argument');
}

function isShown(rule: RoutingRule, { priority, table, input, output }: RuleWords): boolean {
  return (
    (priority === undefined || rule.priority === priority) &&
    (table === undefined || (rule.action === 'lookup' && rule.table === table)) &&
    (input === undefined || rule.input === input) &&
    (output === undefined || rule.output === output)
  );
}

/** One line of `ip rule`, as iproute2's print_rule. */
function formatRule(ns: Netns, rule: RoutingRule): string {
  const words = [...(rule.isInverted ? ['not'] : []), 'from', formatPrefix(rule.from) ?? 'all'];
  if (rule.to !== undefined) words.push('to', formatPrefix(rule.to)!);
  if (rule.markMask !== 0 || rule.mark !== 0) words.push('fwmark', formatMark(rule));
  for (const [key, name] of [
    ['iif', rule.input],
    ['oif', rule.output],
  ] as const) {
    if (name !== undefined) words.push(key, name, ...(isDetached(ns, name) ? ['[detached]'] : []));
  }
  words.push(...(rule.action === 'lookup' ? ['lookup', `${rule.table}`] : [rule.action]));
  return `${rule.priority}:\t${words.join(' ')}\n`;
}

function formatPrefix(prefix: Prefix | undefined): string | undefined {
  if (prefix === undefined) return undefined;
  const { address, prefixLength } = prefix;
  return prefixLength === bitsOf(address) ? formatIp(address) : `${formatIp(address)}/${prefixLength}`;
}

function formatMark({ mark, markMask }: RoutingRule): string {
  return markMask === MAX_U32 ? hex(mark) : `${hex(mark)}/${hex(markMask)}`;
}

const hex = (value: number): string => (value === 0 ? '0' : `0x${value.toString(16)}`);
const isDetached = (ns: Netns, name: string): boolean => ns.link(name) === undefined;

function ruleToJson(ns: Netns, rule: RoutingRule): Record<string, unknown> {
  const { from, to, mark, markMask, input, output } = rule;
  return {
    priority: rule.priority,
    ...(rule.isInverted ? { not: null } : {}),
    ...(from === undefined ? { src: 'all' } : prefixToJson('src', from)),
    ...(to === undefined ? {} : prefixToJson('dst', to)),
    ...(markMask === 0 && mark === 0 ? {} : { fwmark: hex(mark) }),
    ...(markMask === 0 || markMask === MAX_U32 ? {} : { fwmask: hex(markMask) }),
    ...(input === undefined ? {} : { iif: input }),
    ...(input !== undefined && isDetached(ns, input) ? { iif_detached: null } : {}),
    ...(output === undefined ? {} : { oif: output }),
    ...(output !== undefined && isDetached(ns, output) ? { oif_detached: null } : {}),
    ...(rule.action === 'lookup' ? { table: `${rule.table}` } : { action: rule.action }),
  };
}

function prefixToJson(key: 'src' | 'dst', { address, prefixLength }: Prefix): Record<string, unknown> {
  const isHost = prefixLength === bitsOf(address);
  return { [key]: formatIp(address), ...(isHost ? {} : { [`${key}len`]: prefixLength }) };
}
