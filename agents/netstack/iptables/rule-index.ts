import { u16, u32 } from '../bytes.ts';
import { prefixLengthOf } from '../cidr.ts';
import { isVersion6, transportOf } from '../header/ip-header.ts';
import { ipv6Destination } from '../header/ipv6-header.ts';
import { isLaterFragment } from '../ip/later-fragment.ts';
import { bitsOf, isIpv6 } from '../ip-address.ts';
import type { Packet } from '../packet.ts';
import type { Match, Rule } from './rule.ts';

/** Chains shorter than this are walked rule by rule. */
const WORTH_INDEXING = 16;

/** What a packet is looked up by; undefined if it can only meet rules that have no such key. */
type Key = number | bigint;
type KeyOfPacket = (packet: Packet) => Key | undefined;
type KeyOfRule = (rule: Rule) => Key | undefined;

/**
 * Which rules of a long chain can concern a packet: those for its destination, or for its protocol and port,
 * and those that name none. All others would fail their first condition, without an effect; so a walk over these
 * alone ends as a walk over all would. Built from a chain's rules; a chain that changes gets a new one.
 */
export class RuleIndex {
  readonly #keyOf: KeyOfPacket;
  readonly #byKey: ReadonlyMap<Key, readonly number[]>;
  readonly #others: readonly number[];

  private constructor(keyOf: KeyOfPacket, byKey: Map<Key, number[]>, others: readonly number[]) {
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
      const byKey = new Map<Key, number[]>();
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

function destinationOfRule({ destination }: Rule): Key | undefined {
  if (!destination || destination.invert) return undefined;
  const { address, mask } = destination;
  if (prefixLengthOf(mask) !== bitsOf(address)) return undefined;
  return isIpv6(address) ? address : address | 0;
}

const destinationOfPacket: KeyOfPacket = ({ bytes, l3 }) =>
  isVersion6(bytes, l3) ? ipv6Destination(bytes, l3) : u32(bytes, l3 + 16) | 0;

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
  return kind === 'statistic' || kind === 'recent' || kind === 'limit' || kind === 'nfacct';
}

const portOfPacket: KeyOfPacket = (packet) => {
  const { bytes, l4, end } = packet;
  if (isLaterFragment(packet) || l4 + 4 > end) return undefined;
  return (transportOf(packet) << 16) | u16(bytes, l4 + 2);
};
