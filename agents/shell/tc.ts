import type { Link } from '../netstack/link/link.ts';
import type { NetemOptions } from '../netstack/link/netem.ts';
import { type Command, success, UsageError } from './command.ts';
import { requireLink } from './ip-words.ts';

/** `tc qdisc show|add|change|replace|del dev DEVICE root netem …`: faults on a device's way out. */
export const tc: Command = (args, _stdin, { ns }) => {
  const [object = '', verb = 'show', ...words] = args.filter((word) => word !== '-s');
  if (!'qdisc'.startsWith(object) || object === '')
    throw new UsageError(`Object "${object}" is unknown, try "tc help".`, 1);
  const at = words.indexOf('dev');
  if (verb === 'show' || verb === 'list') {
    const links = at < 0 ? ns.links() : [requireLink(ns, words[at + 1])];
    return success(links.map((link) => show(link, args.includes('-s'))).join(''));
  }
  const link = requireLink(ns, at < 0 ? undefined : words[at + 1]);
  const rest = words.filter((word, i) => i !== at && i !== at + 1 && word !== 'root');
  change(link, verb, rest);
  return success();
};

function change(link: Link, verb: string, words: readonly string[]): void {
  if (verb === 'del' || verb === 'delete') {
    if (!link.netem) throw new UsageError('Error: Cannot delete qdisc with handle of zero.', 2);
    return link.setNetem(undefined);
  }
  if (!['add', 'change', 'replace'].includes(verb))
    throw new UsageError(`Command "${verb}" is unknown, try "tc qdisc help".`, 1);
  if (verb === 'add' && link.netem) throw new UsageError('Error: Exclusivity flag on, cannot modify.', 2);
  if (verb === 'change' && !link.netem) throw new UsageError('Error: Qdisc not found.', 2);
  const [kind = '', ...options] = words;
  if (kind !== 'netem')
    throw new UsageError(`Unknown qdisc "${kind}", hence option "${options[0] ?? ''}" is unparsable`, 1);
  link.setNetem(readNetem(options));
}

function readNetem(words: readonly string[]): NetemOptions {
  let options: NetemOptions = { limit: 1000 };
  let at = 0;
  const next = (what: string): string => {
    const word = words[at++];
    if (word === undefined) throw new UsageError(`${what}: an argument is missing`, 1);
    return word;
  };
  /** An optional correlation behind a percentage, which is not simulated. */
  const percent = (what: string): number => {
    const text = next(what);
    const value = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
    if (value === undefined || Number(value) > 100)
      throw new UsageError(`Illegal "${what}": "${text}" is not a percentage`, 1);
    return Number(value) / 100;
  };
  while (at < words.length) {
    const word = next('netem');
    switch (word) {
      case 'limit':
        options = { ...options, limit: integer(next(word), word) };
        break;
      case 'delay': {
        options = { ...options, delayMs: time(next(word)) };
        if (/^\d/.test(words[at] ?? '') && !words[at]!.endsWith('%'))
          options = { ...options, jitterMs: time(next(word)) };
        break;
      }
      case 'loss':
        if (words[at] === 'random') at++;
        options = { ...options, loss: percent(word) };
        break;
      case 'duplicate':
      case 'corrupt':
      case 'reorder':
        options = { ...options, [word]: percent(word) };
        break;
      case 'gap':
        options = { ...options, gap: integer(next(word), word) };
        break;
      case 'rate':
        options = { ...options, rate: rate(next(word)) };
        break;
      default:
        throw new UsageError(`What is "${word}"?`, 1);
    }
  }
  if (options.reorder !== undefined && !options.delayMs)
    throw new UsageError('reordering not possible without specifying some delay', 1);
  return options;
}

function integer(text: string, what: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new UsageError(`Illegal "${what}": "${text}"`, 1);
  return Number(text);
}

const TIMES: Readonly<Record<string, number>> = { '': 0.001, us: 0.001, ms: 1, s: 1000 };

/** Milliseconds; a bare number is microseconds, as tc has it. */
function time(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(us|ms|s)?$/.exec(text) ?? [];
  if (number === undefined) throw new UsageError(`Illegal "latency": "${text}"`, 1);
  return Number(number) * TIMES[unit]!;
}

const RATES: Readonly<Record<string, number>> = { '': 1, bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };

/** Bits per second. */
function rate(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(bit|kbit|mbit|gbit)?$/i.exec(text) ?? [];
  if (number === undefined || Number(number) === 0) throw new UsageError(`Illegal "rate": "${text}"`, 1);
  return Number(number) * RATES[unit.toLowerCase()]!;
}

function show(link: Link, statistics: boolean): string {
  const { netem } = link;
  if (!netem) return `qdisc noqueue 0: dev ${link.name} root refcnt 2 \n`;
  const { limit, delayMs, jitterMs, loss, duplicate, corrupt, reorder, gap, rate: bits } = netem.options;
  const share = (name: string, value: number | undefined): string =>
    value === undefined ? '' : ` ${name} ${Number((value * 100).toFixed(4))}%`;
  const text = [
    `qdisc netem 8001: dev ${link.name} root refcnt 2 limit ${limit}`,
    delayMs === undefined ? '' : ` delay ${delayMs}ms${jitterMs === undefined ? '' : `  ${jitterMs}ms`}`,
    share('loss', loss),
    share('duplicate', duplicate),
    share('corrupt', corrupt),
    share('reorder', reorder),
    gap === undefined ? '' : ` gap ${gap}`,
    bits === undefined ? '' : ` rate ${formatRate(bits)}`,
    '\n',
  ].join('');
  const { sent, dropped } = netem.stats;
  return statistics ? `${text} Sent ${sent} pkt (dropped ${dropped})\n` : text;
}

function formatRate(bits: number): string {
  for (const [unit, size] of [
    ['Gbit', 1e9],
    ['Mbit', 1e6],
    ['Kbit', 1e3],
  ] as const) {
    if (bits >= size) return `${bits / size}${unit}`;
  }
  return `${bits}bit`;
}
