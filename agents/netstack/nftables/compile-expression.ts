import { ADDRESS_WORDS, putAddress } from '../address-words.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import type { Value } from './data-type.ts';
import type { Has, Read } from './field.ts';
import { Element, NftSet } from './nft-set.ts';
import { BREAK, NEXT, type Step } from './outcome.ts';
import type { BitOperator, Expression, Operator, SetReference, Statement } from './rule.ts';

/** How an expression's value is got: `has`, if it is there, must be asked first. */
interface Reader {
  readonly has: Has | undefined;
  readonly read: Read;
  /** Instead of `read`, if the value is wide. */
  readonly readWide?: ((packet: Packet) => bigint) | undefined;
}

/** A packet's key: the same array each time, or undefined if the packet lacks a part of it. */
export type Key = (
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
) => Int32Array | undefined;

/** The element for a packet, if there is one. */
export type Lookup = (
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
) => Element | undefined;

/** An expression of one value. */
export function compileExpression(ns: Netns, expression: Expression): Reader {
  switch (expression.kind) {
    case 'field': {
      const { field } = expression;
      const read = field.read(ns);
      const { has, readWide } = field;
      return { has, readWide, read: field.perFlow ? read : forThisPacket(read) };
    }
    case 'literal': {
      const { value } = expression;
      if (typeof value === 'bigint') return { has: undefined, read: () => 0, readWide: () => value };
      const signed = value | 0;
      return { has: undefined, read: () => signed };
    }
    case 'numgen':
      return { has: undefined, read: forThisPacket(compileNumgen(ns, expression)) };
    case 'binary': {
      const { has, read } = compileExpression(ns, expression.left);
      return { has, read: compileBits(read, expression.operator, expression.right) };
    }
    case 'map': {
      const lookup = compileKey(ns, expression.key, expression.map);
      let found: Element | undefined;
      return {
        has: (packet, input, output) => (found = lookup(packet, input, output)) !== undefined,
        read: () => Number(found?.data?.[0] ?? 0) | 0,
      };
    }
    case 'concat':
      return compileExpression(ns, expression.parts[0]!);
  }
}

/** What it reads is another for each packet, so the flow's next one must ask again. */
function forThisPacket(read: Read): Read {
  return (packet, input, output) => {
    packet.recording = undefined;
    return read(packet, input, output);
  };
}

function compileNumgen(ns: Netns, { mode, modulus, offset }: Extract<Expression, { kind: 'numgen' }>): Read {
  if (mode === 'random') return () => ns.rng.int(modulus) + offset;
  let count = -1;
  return () => {
    count = (count + 1) % modulus;
    return count + offset;
  };
}

function compileBits(read: Read, operator: BitOperator, right: number): Read {
  switch (operator) {
    case '&':
      return (packet, input, output) => read(packet, input, output) & right;
    case '|':
      return (packet, input, output) => read(packet, input, output) | right;
    case '^':
      return (packet, input, output) => read(packet, input, output) ^ right;
    case '<<':
      return (packet, input, output) => read(packet, input, output) << right;
    case '>>':
      return (packet, input, output) => read(packet, input, output) >>> right;
  }
}

/** All values of an expression, as a set's key. */
export function compileKeyWords(ns: Netns, expression: Expression): Key {
  const parts = expression.kind === 'concat' ? expression.parts : [expression];
  const readers = parts.map((part) => compileExpression(ns, part));
  const size = (reader: Reader): number => (reader.readWide === undefined ? 1 : ADDRESS_WORDS);
  const words = new Int32Array(readers.reduce((sum, reader) => sum + size(reader), 0));
  return (packet, input, output) => {
    let at = 0;
    for (let i = 0; i < readers.length; i++) {
      const { has, read, readWide } = readers[i]!;
      if (has !== undefined && !has(packet, input, output)) return undefined;
      if (readWide === undefined) words[at++] = read(packet, input, output);
      else {
        putAddress(words, at, readWide(packet) as IpAddress);
        at += ADDRESS_WORDS;
      }
    }
    return words;
  };
}

/** The look-up of a packet's key in a set. */
export function compileKey(ns: Netns, expression: Expression, reference: SetReference): Lookup {
  const words = compileKeyWords(ns, expression);
  const find = compileFind(ns, reference);
  return (packet, input, output) => {
    const key = words(packet, input, output);
    return key === undefined ? undefined : find(packet, key);
  };
}

/** A set whose answer may change by itself is asked for each packet. */
function compileFind(
  ns: Netns,
  reference: SetReference,
): (packet: Packet, key: Int32Array) => Element | undefined {
  const set = setOf(reference);
  const { isSteady } = set;
  return (packet, key) => {
    if (!isSteady) packet.recording = undefined;
    const element = set.lookup(key, ns.softirq.now);
    if (element?.counters !== undefined) {
      packet.recording?.counted(element.counters);
      element.counters.packets++;
      element.counters.bytes += packet.end - packet.l3;
    }
    return element;
  };
}

/** A named set itself; a rule's own one is made here. */
function setOf(reference: SetReference): NftSet {
  if (reference.kind === 'named') return reference.set!;
  const set = new NftSet('', 0, {
    key: reference.types,
    keyText: '',
    isTypeof: false,
    isMap: reference.data !== undefined,
    data: reference.data,
    dataText: '',
    isVerdictMap: false,
    flags: reference.elements.some(({ low, high }) => low !== high) ? ['interval'] : [],
    counter: false,
    autoMerge: true,
  });
  for (const spec of reference.elements) set.add(new Element(spec));
  return set;
}

export function compileMatch(
  ns: Netns,
  { left, operator, right }: Extract<Statement, { kind: 'match' }>,
): Step {
  const equal = operator !== '!=';
  switch (right.kind) {
    case 'set': {
      const words = compileKeyWords(ns, left);
      const find = compileFind(ns, right.set);
      return (packet, input, output) => {
        const key = words(packet, input, output);
        if (key === undefined) return BREAK;
        return (find(packet, key) !== undefined) === equal ? NEXT : BREAK;
      };
    }
    case 'value':
      return typeof right.value === 'bigint'
        ? compileWideTest(ns, left, wideCompareTo(operator, right.value))
        : compileTest(ns, left, compareTo(operator, right.value));
    case 'range': {
      const { low, high } = right;
      if (typeof low === 'bigint') {
        return compileWideTest(ns, left, (value) => (value >= low && value <= high) === equal);
      }
      return compileTest(ns, left, (value) => {
        const unsigned = value >>> 0;
        return (unsigned >= low && unsigned <= high) === equal;
      });
    }
    case 'wildcard': {
      const { prefix } = right;
      const find = right.device(ns);
      return (packet, input, output) =>
        (find(packet, input, output)?.name ?? '').startsWith(prefix) === equal ? NEXT : BREAK;
    }
    case 'flags': {
      const { mask, absent } = right;
      return compileTest(ns, left, (value) => ((value & mask) !== 0) !== absent);
    }
    case 'masked': {
      const { mask, value: wanted } = right;
      return compileTest(ns, left, (value) => ((value & mask) === wanted) === equal);
    }
  }
}

function compileTest(ns: Netns, left: Expression, holds: (value: number) => boolean): Step {
  const { has, read } = compileExpression(ns, left);
  return (packet, input, output) => {
    if (has !== undefined && !has(packet, input, output)) return BREAK;
    return holds(read(packet, input, output)) ? NEXT : BREAK;
  };
}

function compileWideTest(ns: Netns, left: Expression, holds: (value: bigint) => boolean): Step {
  const { has, readWide } = compileExpression(ns, left);
  return (packet, input, output) => {
    if (has !== undefined && !has(packet, input, output)) return BREAK;
    return readWide !== undefined && holds(readWide(packet)) ? NEXT : BREAK;
  };
}

function wideCompareTo(operator: Operator, wanted: Value): (value: bigint) => boolean {
  switch (operator) {
    case '==':
      return (value) => value === wanted;
    case '!=':
      return (value) => value !== wanted;
    case '<':
      return (value) => value < wanted;
    case '>':
      return (value) => value > wanted;
    case '<=':
      return (value) => value <= wanted;
    case '>=':
      return (value) => value >= wanted;
  }
}

function compareTo(operator: Operator, wanted: number): (value: number) => boolean {
  const signed = wanted | 0;
  switch (operator) {
    case '==':
      return (value) => value === signed;
    case '!=':
      return (value) => value !== signed;
    case '<':
      return (value) => value >>> 0 < wanted;
    case '>':
      return (value) => value >>> 0 > wanted;
    case '<=':
      return (value) => value >>> 0 <= wanted;
    case '>=':
      return (value) => value >>> 0 >= wanted;
  }
}
