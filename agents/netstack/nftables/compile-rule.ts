import { ConnectionCount } from '../conntrack/connection-count.ts';
import { masquerade, type NatRange, redirect, setupNat } from '../conntrack/nat.ts';
import { isVersion6, transportOf } from '../header/ip-header.ts';
import type { IpAddress } from '../ip-address.ts';
import { formatLog } from '../iptables/log.ts';
import { reject } from '../iptables/reject.ts';
import { NF_ACCEPT, NF_DROP } from '../netfilter/hooks.ts';
import { TokenBucket } from '../netfilter/token-bucket.ts';
import type { Netns } from '../netns.ts';
import { CT_UNTRACKED, type Packet } from '../packet.ts';
import { PROTO_TCP } from '../protocol-numbers.ts';
import { compileExpression, compileKey, compileKeyWords, compileMatch } from './compile-expression.ts';
import { META_MARK } from './meta-fields.ts';
import { Element } from './nft-set.ts';
import { BREAK, type Course, GOTO, JUMP, NEXT, RETURN, type Step } from './outcome.ts';
import {
  isJump,
  type LimitStatement,
  type NatStatement,
  RATE_UNITS,
  type RejectStatement,
  type Statement,
  type Verdict,
} from './rule.ts';

/** A rule's statements, each a step. */
export type RuleProgram = readonly Step[];

/** One case a kind: the build breaks when a statement lacks its meaning. */
export function compileStatement(ns: Netns, statement: Statement, course: Course): Step {
  switch (statement.kind) {
    case 'match':
      return compileMatch(ns, statement);
    case 'vmap':
      return compileVerdictMap(ns, statement, course);
    case 'verdict':
      return compileVerdict(statement.verdict, course);
    case 'counter': {
      const { counters } = statement;
      return (packet) => {
        packet.recording?.counted(counters);
        counters.packets++;
        counters.bytes += packet.end - packet.l3;
        return NEXT;
      };
    }
    case 'assign':
      return compileAssign(ns, statement);
    case 'nat':
      return compileNat(ns, statement);
    case 'reject':
      return compileReject(ns, statement);
    case 'update':
      return compileUpdate(ns, statement);
    case 'limit':
      return compileLimit(ns, statement);
    case 'connections': {
      const { over, count: limit } = statement;
      const connections = new ConnectionCount(ns);
      return (packet) => {
        packet.recording = undefined;
        const count = connections.with(packet);
        return count === undefined ? NF_DROP : count > limit === over ? NEXT : BREAK;
      };
    }
    case 'log':
      // Nobody listens to a group.
      if (statement.group !== undefined) return () => NEXT;
      return (packet, input, output) => {
        packet.recording = undefined;
        ns.iptables.log(formatLog(packet, input, output, statement.prefix ?? ''));
        return NEXT;
      };
    case 'notrack':
      return (packet) => {
        if (packet.connection === undefined) packet.ctInfo = CT_UNTRACKED;
        return NEXT;
      };
  }
}

function compileVerdict(verdict: Verdict, course: Course): Step {
  if (!isJump(verdict)) {
    const outcome = { accept: NF_ACCEPT, drop: NF_DROP, return: RETURN, continue: NEXT }[verdict.kind];
    return () => outcome;
  }
  const outcome = verdict.kind === 'jump' ? JUMP : GOTO;
  return () => {
    course.target = verdict.target;
    return outcome;
  };
}

function outcomeOf(verdict: Verdict, course: Course): number {
  switch (verdict.kind) {
    case 'accept':
      return NF_ACCEPT;
    case 'drop':
      return NF_DROP;
    case 'return':
      return RETURN;
    case 'continue':
      return NEXT;
    case 'jump':
      course.target = verdict.target;
      return JUMP;
    case 'goto':
      course.target = verdict.target;
      return GOTO;
  }
}

function compileVerdictMap(
  ns: Netns,
  { key, map }: Extract<Statement, { kind: 'vmap' }>,
  course: Course,
): Step {
  const lookup = compileKey(ns, key, map);
  return (packet, input, output) => {
    const element = lookup(packet, input, output);
    return element?.verdict === undefined ? BREAK : outcomeOf(element.verdict, course);
  };
}

/** Without a version, what is said for IPv4 is put in IPv6's words where that is the packet's. */
function compileReject(ns: Netns, { with: type, version }: RejectStatement): Step {
  const isVersion6Alone = version === 6;
  return (packet) => {
    if (version !== undefined && isVersion6(packet.bytes, packet.l3) !== isVersion6Alone) return BREAK;
    packet.recording = undefined;
    // A reset answers TCP alone: what said so before is left out of the rule.
    if (type === 'tcp-reset' && transportOf(packet) !== PROTO_TCP) return BREAK;
    reject(ns, packet, type);
    return NF_DROP;
  };
}

function compileAssign(ns: Netns, { target, value }: Extract<Statement, { kind: 'assign' }>): Step {
  const { has, read, readWide } = compileExpression(ns, value);
  const { change } = target;
  if (change !== undefined) {
    return (packet, input, output) => {
      packet.recording = undefined;
      if (target.has?.(packet, input, output) === false) return BREAK;
      if (has !== undefined && !has(packet, input, output)) return BREAK;
      return change(packet, readWide?.(packet) ?? read(packet, input, output) >>> 0) ? NEXT : BREAK;
    };
  }
  if (target === META_MARK) {
    return (packet, input, output) => {
      if (has !== undefined && !has(packet, input, output)) return BREAK;
      packet.mark = read(packet, input, output) >>> 0;
      return NEXT;
    };
  }
  return (packet, input, output) => {
    if (has !== undefined && !has(packet, input, output)) return BREAK;
    const mark = read(packet, input, output) >>> 0;
    const { connection } = packet;
    if (connection === undefined || connection.mark === mark) return NEXT;
    connection.mark = mark;
    packet.recording = undefined;
    return NEXT;
  };
}

/** nft_limit_eval: a packet costs a token, or as many as it has bytes. */
function compileLimit(ns: Netns, { rate, per, burst, over, of }: LimitStatement): Step {
  const cost = RATE_UNITS[per] / rate;
  // What bytes may burst by comes on top of what a unit of time brings (nft_limit_init).
  const bucket = new TokenBucket(ns, cost, of === 'bytes' ? rate + burst : burst);
  return (packet) => {
    packet.recording = undefined;
    const tokens = of === 'bytes' ? packet.end - packet.l3 : 1;
    return bucket.take(tokens) === over ? BREAK : NEXT;
  };
}

function compileNat(ns: Netns, statement: NatStatement): Step {
  const fixed: NatRange = {
    ...(statement.ports && { minPort: statement.ports.low, maxPort: statement.ports.high }),
    random: statement.flags.includes('random'),
    randomFully: statement.flags.includes('fully-random'),
    persistent: statement.flags.includes('persistent'),
  };
  const { action, address } = statement;
  if (action === 'masquerade') return (packet, _input, output) => masquerade(ns, packet, output!, fixed);
  if (action === 'redirect') {
    return (packet, input) => (packet.connection ? redirect(ns, packet.connection, input, fixed) : BREAK);
  }
  const manip = action === 'dnat' ? 'dst' : 'src';
  if (address === undefined) {
    return (packet) => (packet.connection ? setupNat(ns, packet.connection, fixed, manip) : BREAK);
  }
  if ('low' in address) {
    const range = { ...fixed, minAddress: address.low as IpAddress, maxAddress: address.high as IpAddress };
    return (packet) => (packet.connection ? setupNat(ns, packet.connection, range, manip) : BREAK);
  }
  if (address.kind !== 'map') {
    const { has, read, readWide } = compileExpression(ns, address);
    return (packet, input, output) => {
      if (packet.connection === undefined || (has !== undefined && !has(packet, input, output))) return BREAK;
      const to = (readWide?.(packet) ?? read(packet, input, output) >>> 0) as IpAddress;
      return setupNat(ns, packet.connection, { ...fixed, minAddress: to, maxAddress: to }, manip);
    };
  }
  const lookup = compileKey(ns, address.key, address.map);
  return (packet, input, output) => {
    const data = lookup(packet, input, output)?.data;
    if (packet.connection === undefined || data === undefined) return BREAK;
    const to = data[0] as IpAddress;
    const port = data[1] as number | undefined;
    const ports = port === undefined ? undefined : { minPort: port, maxPort: port };
    return setupNat(ns, packet.connection, { ...fixed, ...ports, minAddress: to, maxAddress: to }, manip);
  };
}

/** nft_dynset_eval: an element for this packet's key, made or given new time. */
function compileUpdate(
  ns: Netns,
  { operation, set: { set }, key, timeoutMs, counter }: Extract<Statement, { kind: 'update' }>,
): Step {
  if (set === undefined) return () => BREAK;
  const words = compileKeyWords(ns, key);
  const lifetime = timeoutMs ?? set.spec.timeoutMs;
  return (packet, input, output) => {
    packet.recording = undefined;
    const key = words(packet, input, output);
    if (key === undefined) return BREAK;
    const { now } = ns.softirq;
    const found = set.lookup(key, now);
    if (operation === 'delete') {
      if (found === undefined) return BREAK;
      set.remove(found);
      return NEXT;
    }
    if (found !== undefined) {
      if (operation === 'update' && lifetime !== undefined) found.expiresAt = now + lifetime;
      count(found, packet);
      return NEXT;
    }
    if (!set.makeRoom(now)) return BREAK;
    const low = set.valuesOf(key);
    const element = new Element({
      low,
      high: low,
      ...(counter || set.spec.counter ? { counters: { packets: 0, bytes: 0 } } : {}),
      ...(timeoutMs !== undefined && timeoutMs !== set.spec.timeoutMs ? { timeoutMs } : {}),
    });
    if (lifetime !== undefined) element.expiresAt = now + lifetime;
    set.add(element);
    count(element, packet);
    return NEXT;
  };
}

function count({ counters }: Element, packet: Packet): void {
  if (counters === undefined) return;
  counters.packets++;
  counters.bytes += packet.end - packet.l3;
}
