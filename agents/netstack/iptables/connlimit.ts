import { networkOf } from '../cidr.ts';
import { ConnectionCount } from '../conntrack/connection-count.ts';
import { ipDestination, ipSource } from '../header/ip-header.ts';
import type { IpAddress, IpVersion } from '../ip-address.ts';
import type { Netns } from '../netns.ts';
import type { Predicate } from './match-compiler.ts';
import type { MatchDraft } from './match-draft.ts';
import { parseInteger, RuleError } from './option-reader.ts';

/** Whether the addresses of a network have at most, or more than, so many connections. */
export interface ConnlimitMatch {
  readonly kind: 'connlimit';
  readonly comparison: 'upto' | 'above';
  readonly limit: number;
  /** Bits of the address that connections are counted by. */
  readonly mask: number;
  readonly side: 'saddr' | 'daddr';
}

/** Of either family: longer ones than an address are its whole length. */
const LONGEST_MASK = 128;
const OTHER = { upto: 'above', above: 'upto' } as const;

export function draftConnlimit(version: IpVersion): MatchDraft {
  const bits = version === 6 ? 128 : 32;
  let bound: Pick<ConnlimitMatch, 'comparison' | 'limit'> | undefined;
  let mask = bits;
  let side: ConnlimitMatch['side'] | undefined;
  return {
    name: 'connlimit',
    option(option, reader) {
      if (option === '--connlimit-upto' || option === '--connlimit-above') {
        const comparison = option.slice('--connlimit-'.length) as 'upto' | 'above';
        if (bound !== undefined && bound.comparison !== comparison) throw together('upto', 'above');
        const limit = parseInteger(reader.value(option), 0, 0xffffffff, option);
        bound = { comparison: reader.invert ? OTHER[comparison] : comparison, limit };
      } else if (option === '--connlimit-mask')
        mask = Math.min(bits, parseInteger(reader.value(option), 0, LONGEST_MASK, option));
      else if (option === '--connlimit-saddr' || option === '--connlimit-daddr') {
        if (side !== undefined && !option.endsWith(side)) throw together('saddr', 'daddr');
        side = option.slice('--connlimit-'.length) as 'saddr' | 'daddr';
      } else return false;
      return true;
    },
    finish() {
      if (bound === undefined)
        throw new RuleError('You must specify "--connlimit-above" or "--connlimit-upto".\n');
      return { kind: 'connlimit', ...bound, mask, side: side ?? 'saddr' };
    },
  };
}

function together(a: string, b: string): RuleError {
  return new RuleError(
    `connlimit: option "--connlimit-${a}" cannot be used together with "--connlimit-${b}".\n`,
  );
}

export function printConnlimit({ comparison, limit, mask, side }: ConnlimitMatch): string {
  return `--connlimit-${comparison} ${limit} --connlimit-mask ${mask} --connlimit-${side}`;
}

/** Networks without connections are forgotten when there are twice as many networks as after the last time. */
const FEW_NETWORKS = 64;

/** Connections by the network that a rule counts them for. */
class NetworkCounts {
  readonly #ns: Netns;
  readonly #counts = new Map<IpAddress, ConnectionCount>();
  #atMost = FEW_NETWORKS;

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  of(network: IpAddress): ConnectionCount {
    const known = this.#counts.get(network);
    if (known !== undefined) return known;
    if (this.#counts.size >= this.#atMost) this.#forgetEmpty();
    const count = new ConnectionCount(this.#ns);
    this.#counts.set(network, count);
    return count;
  }

  #forgetEmpty(): void {
    for (const [network, count] of this.#counts) {
      count.forgetClosed();
      if (count.size === 0) this.#counts.delete(network);
    }
    this.#atMost = Math.max(FEW_NETWORKS, this.#counts.size * 2);
  }
}

/** connlimit_mt (net/netfilter/xt_connlimit.c): what conntrack cannot read is dropped. */
export function compileConnlimit(ns: Netns, { comparison, limit, mask, side }: ConnlimitMatch): Predicate {
  const counts = new NetworkCounts(ns);
  const addressOf = side === 'saddr' ? ipSource : ipDestination;
  return (packet) => {
    const address = addressOf(packet.bytes, packet.l3);
    const count = counts.of(networkOf({ address, prefixLength: mask })).with(packet);
    return count === undefined ? 'drop' : count > limit === (comparison === 'above');
  };
}
