import { masquerade, type NatRange, setupNat } from '../conntrack/nat.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../header/tcp-header.ts';
import { formatLog } from '../iptables/log.ts';
import { reject } from '../iptables/reject.ts';
import type { Ipv4 } from '../ipv4.ts';
import type { Link } from '../link/link.ts';
import { NF_ACCEPT } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import { CT_UNTRACKED, type Packet } from '../packet.ts';
import type { Value } from './data-type.ts';
import type { Constant, Selector } from './expression.ts';
import { holds } from './nft-set.ts';
import type { Comparison, NatStatement, Operand, Statement } from './statement.ts';
import { ACCEPT, DROP, type Verdict } from './verdict.ts';

/** The rule does not match: on with the next one. */
export const MISMATCH: Verdict = { kind: 'continue' };

/** One step of a rule: undefined to go on with the next step. */
export type Step = (packet: Packet, input: Link | undefined, output: Link | undefined) => Verdict | undefined;

/** One case a kind: the build breaks when a statement lacks its meaning. */
export function compileStatement(ns: Netns, statement: Statement): Step {
  switch (statement.kind) {
    case 'match':
      return compileMatch(ns, statement);
    case 'vmap': {
      const read = compileSelector(ns, statement.selector);
      const { map } = statement;
      return (packet, input, output) => {
        if (map.isDynamic) packet.recording = undefined;
        const values = read(packet, input, output);
        if (values === undefined) return MISMATCH;
        return map.find(values, ns.softirq.now)?.verdict ?? MISMATCH;
      };
    }
    case 'verdict': {
      const { verdict } = statement;
      return () => verdict;
    }
    case 'counter': {
      const { counters } = statement;
      return (packet) => {
        packet.recording?.counted(counters);
        counters.packets++;
        counters.bytes += packet.end - packet.l3;
        return undefined;
      };
    }
    case 'dnat':
    case 'snat':
    case 'masquerade':
    case 'redirect':
      return compileNat(ns, statement);
    case 'reject':
      return (packet, input, output) => {
        reject(ns, packet, statement.with, input, output);
        return DROP;
      };
    case 'set-mark':
      return compileSetMark(ns, statement);
    case 'limit':
      return compileLimit(ns, statement);
    case 'log':
      return (packet, input, output) => {
        packet.recording = undefined;
        ns.iptables.log(formatLog(packet, input, output, statement.prefix));
        return undefined;
      };
    case 'update':
      return compileUpdate(ns, statement);
    case 'notrack':
      return (packet) => {
        if (packet.connection === undefined) packet.ctInfo = CT_UNTRACKED;
        return undefined;
      };
  }
}

type Reader = (
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
) => readonly Value[] | undefined;

/** Reads a selector's values. What not all packets of a flow share ends the recording of this one's way. */
function compileSelector(ns: Netns, selector: Selector): Reader {
  switch (selector.kind) {
    case 'field': {
      const { perFlow } = selector;
      const read = selector.read(ns);
      return (packet, input, output) => {
        if (!perFlow) packet.recording = undefined;
        const value = read(packet, input, output);
        return value === undefined ? undefined : [value];
      };
    }
    case 'numgen': {
      const { mode, modulus, offset } = selector;
      let next = 0;
      return (packet) => {
        packet.recording = undefined;
        if (mode === 'random') return [offset + ns.rng.int(modulus)];
        const value = next;
        next = (next + 1) % modulus;
        return [offset + value];
      };
    }
    case 'bitwise': {
      const read = compileSelector(ns, selector.left);
      const { operator, right } = selector;
      return (packet, input, output) => {
        const value = read(packet, input, output)?.[0];
        if (typeof value !== 'number') return undefined;
        if (operator === '&') return [(value & right) >>> 0];
        return [operator === '|' ? (value | right) >>> 0 : (value ^ right) >>> 0];
      };
    }
    case 'concat': {
      const parts = selector.parts.map((part) => compileSelector(ns, part));
      return (packet, input, output) => {
        const values: Value[] = [];
        for (const part of parts) {
          const value = part(packet, input, output)?.[0];
          if (value === undefined) return undefined;
          values.push(value);
        }
        return values;
      };
    }
  }
}

function compileMatch(ns: Netns, statement: Extract<Statement, { kind: 'match' }>): Step {
  const { selector, operator, operand } = statement;
  const test = compileOperand(ns, operand, operator);
  if (isSteadyFlags(statement) && selector.kind === 'field') {
    const read = selector.read(ns);
    return (packet, input, output) => {
      const value = read(packet, input, output);
      return value !== undefined && test([value]) ? undefined : MISMATCH;
    };
  }
  const read = compileSelector(ns, selector);
  const isDynamic = operand.kind === 'set' && operand.set.isDynamic;
  return (packet, input, output) => {
    if (isDynamic) packet.recording = undefined;
    const values = read(packet, input, output);
    return values !== undefined && test(values) ? undefined : MISMATCH;
  };
}

/** Asks only for flags that all packets in the middle of a connection share. */
function isSteadyFlags({ selector, operand }: Extract<Statement, { kind: 'match' }>): boolean {
  const isFlags = selector.kind === 'field' && selector.text === 'tcp flags';
  const steady = TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK;
  return isFlags && operand.kind === 'masked' && (operand.mask & ~steady) === 0;
}

type Test = (values: readonly Value[]) => boolean;

function compileOperand(ns: Netns, operand: Operand, operator: Comparison): Test {
  const negate = operator === '!=';
  switch (operand.kind) {
    case 'set': {
      const { set } = operand;
      return (values) => (set.find(values, ns.softirq.now) !== undefined) !== negate;
    }
    case 'bits':
      return ([value]) => (((value as number) & operand.bits) !== 0) !== negate;
    case 'masked':
      return ([value]) => (((value as number) & operand.mask) === operand.bits) !== negate;
    case 'range':
      return ([value]) => holds(operand, value!) !== negate;
    case 'value':
      return compileComparison(operand.value, operator);
  }
}

function compileComparison(right: Value, operator: Comparison): Test {
  if (typeof right === 'string' && right.endsWith('*')) {
    const start = right.slice(0, -1);
    return ([value]) => String(value).startsWith(start) === (operator === '==');
  }
  switch (operator) {
    case '==':
      return ([value]) => value === right;
    case '!=':
      return ([value]) => value !== right;
    case '<':
      return ([value]) => value! < right;
    case '>':
      return ([value]) => value! > right;
    case '<=':
      return ([value]) => value! <= right;
    case '>=':
      return ([value]) => value! >= right;
  }
}

function compileNat(ns: Netns, statement: NatStatement): Step {
  const { kind, address, port, flags } = statement;
  const base: NatRange = {
    ...(port ? { minPort: port.low, maxPort: port.high } : {}),
    random: flags.includes('random'),
    randomFully: flags.includes('fully-random'),
    persistent: flags.includes('persistent'),
  };
  if (kind === 'masquerade')
    return (packet, _input, output) => verdictOf(masquerade(ns, packet, output!, base));
  const manip = kind === 'snat' ? 'src' : 'dst';
  const setUp = (packet: Packet, range: NatRange): Verdict =>
    packet.connection ? verdictOf(setupNat(ns, packet.connection, range, manip)) : ACCEPT;
  if (kind === 'redirect') {
    return (packet, input) => {
      const own = input === undefined ? (0x7f000001 as Ipv4) : input.addresses[0]?.address;
      return own === undefined ? DROP : setUp(packet, { ...base, minAddress: own, maxAddress: own });
    };
  }
  if (address?.kind !== 'lookup') {
    const fixed = address?.values[0] as Ipv4 | undefined;
    const range = fixed === undefined ? base : { ...base, minAddress: fixed, maxAddress: fixed };
    return (packet) => setUp(packet, range);
  }
  const read = compileSelector(ns, address.key);
  return (packet, input, output) => {
    const values = read(packet, input, output);
    const data = values && address.map.find(values, ns.softirq.now)?.data;
    if (!data) return MISMATCH;
    const [to, toPort] = data as [Ipv4, number | undefined];
    const ports = toPort === undefined ? {} : { minPort: toPort, maxPort: toPort };
    return setUp(packet, { ...base, minAddress: to, maxAddress: to, ...ports });
  };
}

const verdictOf = (verdict: number): Verdict => (verdict === NF_ACCEPT ? ACCEPT : DROP);

function compileSetMark(ns: Netns, { target, value }: Extract<Statement, { kind: 'set-mark' }>): Step {
  const read: Reader = value.kind === 'constant' ? constant(value) : compileSelector(ns, value);
  return (packet, input, output) => {
    const mark = read(packet, input, output)?.[0];
    if (typeof mark !== 'number') return MISMATCH;
    if (target === 'meta mark') packet.mark = mark;
    else if (packet.connection && packet.connection.mark !== mark) {
      packet.recording = undefined;
      packet.connection.mark = mark;
    }
    return undefined;
  };
}

const constant =
  ({ values }: Constant): Reader =>
  () =>
    values;

const UNIT_MS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** A token bucket (net/netfilter/nft_limit.c). */
function compileLimit(ns: Netns, { rate, unit, burst, over }: Extract<Statement, { kind: 'limit' }>): Step {
  const cost = UNIT_MS[unit] / rate;
  const full = cost * Math.max(1, burst);
  let credit = full;
  let last = ns.softirq.now;
  return (packet) => {
    packet.recording = undefined;
    const { now } = ns.softirq;
    credit = Math.min(full, credit + now - last);
    last = now;
    const isWithin = credit >= cost;
    if (isWithin) credit -= cost;
    return isWithin === over ? MISMATCH : undefined;
  };
}

/** A full set keeps what it has, and the rule does not match (nft_dynset.c). */
function compileUpdate(ns: Netns, statement: Extract<Statement, { kind: 'update' }>): Step {
  const { operation, set, selector } = statement;
  const read = compileSelector(ns, selector);
  const timeout = statement.timeout ?? set.declaration.timeout;
  return (packet, input, output) => {
    packet.recording = undefined;
    const key = read(packet, input, output);
    if (key === undefined) return MISMATCH;
    const { now } = ns.softirq;
    const known = set.find(key, now);
    if (operation === 'delete') {
      if (known) set.remove(key);
      return undefined;
    }
    if (known) {
      if (operation === 'update' && timeout !== undefined) known.expiresAt = now + timeout;
      return undefined;
    }
    if (set.isFull) return MISMATCH;
    set.add({ key, ...(timeout === undefined ? {} : { timeout, expiresAt: now + timeout }) });
    return undefined;
  };
}
