import { u16, u32 } from '../bytes.ts';
import { ipv4FragmentOffset } from '../header/ipv4-header.ts';
import type { Packet } from '../packet.ts';
import type { Match, Rule } from './rule.ts';

/** Chains shorter than this are walked rule by rule. */
const WORTH_INDEXING = 16;

/** What a packet is looked up by; undefined if it can only meet rules that have no such key. */
type KeyOfPacket = (packet: Packet) => number | undefined;
type KeyOfRule = (rule: Rule) => number | undefined;

/**
 * Which rules of a long chain can concern a packet: those for its destination, or for its protocol and port,
 * and those that name none. All others would fail their first condition, without an effect; so a walk over these
 * alone ends as a walk over all would. Built from a chain's rules; a chain that changes gets a new one.
 */
export class RuleIndex {
  readonly #keyOf: KeyOfPacket;
  readonly #byKey: ReadonlyMap<number, readonly number[]>;
  readonly #others: readonly number[];

  private constructor(keyOf: KeyOfPacket, byKey: Map<number, number[]>, others: readonly number[]) {
    this.#keyOf = keyOf;
    this.#others = others;
    this.#byKey =
      others.length === 0
        ? byKey
        : new Map([...byKey].map(([key, mine]) => [key, [...mine, ...others].sort((a, b) => a - b)]));
  }

  /** Undefined if most rules have no key. */
  static of(rules: readonly Rule[]): RuleIndex | undefined {
    if (rules.length < WORTH_INDEXING) return undefined;
    return (
      tryIndex(rules, destinationOfRule, destinationOfPacket) ?? tryIndex(rules, portOfRule, portOfPacket)
    );

    function tryIndex(all: readonly Rule[], ofRule: KeyOfRule, ofPacket: KeyOfPacket): RuleIndex | undefined {
      const byKey = new Map<number, number[]>();
      const others: number[] = [];
      for (const [position, rule] of all.entries()) {
        const key = ofRule(rule);
        if (key === undefined) {
          others.push(position);
          continue;
        }
        const list = byKey.get(key);
        if (list) list.push(position);
        else byKey.set(key, [position]);
      }
      return others.length > all.length / 4 ? undefined : new RuleIndex(ofPacket, byKey, others);
    }
  }

  /** The positions of the rules that may match, in the chain's order. */
  candidates(packet: Packet): readonly number[] {
    const key = this.#keyOf(packet);
    return (key !== undefined && this.#byKey.get(key)) || this.#others;
  }
}

function destinationOfRule({ destination }: Rule): number | undefined {
  return destination && !destination.invert && destination.mask === 0xffffffff
    ? destination.address | 0
    : undefined;
}

const destinationOfPacket: KeyOfPacket = ({ bytes, l3 }) => u32(bytes, l3 + 16) | 0;

/** Matches before the port's must have no memory: they would have been asked. */
function portOfRule({ protocol, matches }: Rule): number | undefined {
  if (!protocol || protocol.invert) return undefined;
  for (const match of matches) {
    if (hasMemory(match)) return undefined;
    if (match.kind !== 'tcp' && match.kind !== 'udp' && match.kind !== 'sctp') continue;
    const { destination } = match;
    if (!destination || destination.invert || destination.low !== destination.high) return undefined;
    return (protocol.number << 16) | destination.low;
  }
  return undefined;
}

function hasMemory({ kind }: Match): boolean {
  return kind === 'statistic' || kind === 'recent' || kind === 'limit';
}

const portOfPacket: KeyOfPacket = ({ bytes, l3, l4, end }) => {
  if (ipv4FragmentOffset(bytes, l3) !== 0 || l4 + 4 > end) return undefined;
  return (bytes[l3 + 9]! << 16) | u16(bytes, l4 + 2);
};
