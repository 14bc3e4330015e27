import type { IpAddress } from '../ip-address.ts';
import type { Destination } from './destination.ts';
import { foldedAddress } from './folded-address.ts';
import { hsiphash, type SipKey } from './siphash.ts';

/** The prime that the kernel takes for an index of 12, and how many bits of a weight count (ip_vs_mh.c). */
const SLOTS = 4093;
const WEIGHT_BITS = 6;

/** generate_hash_secret, ip_vs_mh.c: the same on every machine. */
const FIRST: SipKey = { low: 2654435761n, high: 2654435761n };
const SECOND: SipKey = { low: 2654446892n, high: 2654446892n };

const hashKey = (address: IpAddress, port: number, key: SipKey): number =>
  hsiphash(foldedAddress(address) + port, key);

/** The slot of a client; without `mh-port` its port is 0. */
export const maglevSlot = (address: IpAddress, port: number): number => hashKey(address, port, FIRST) % SLOTS;

/**
 * The table of ip_vs_mh.c, after the Maglev paper (NSDI 2016, §3.4): destinations fill it in turn, each by its own
 * permutation, so that one that comes or goes moves few clients. One whose weight has become 0 keeps its slots.
 */
export function maglevTable(all: readonly Destination[]): readonly Destination[] {
  const divisor = all.reduce((common, { lastWeight }) => gcd(common, lastWeight), 0);
  if (divisor < 1) return [];
  const most = Math.max(...all.map(({ lastWeight }) => lastWeight)) / divisor;
  const shift = Math.max(0, 32 - Math.clz32(most) - WEIGHT_BITS);
  const turnsOf = (weight: number): number => (weight / divisor) >>> shift || Number(weight !== 0);
  const fillers = all.map((destination) => ({
    destination,
    turns: turnsOf(destination.lastWeight),
    next: hashKey(destination.address, destination.port, FIRST) % SLOTS,
    skip: (hashKey(destination.address, destination.port, SECOND) % (SLOTS - 1)) + 1,
  }));
  const slots = new Array<Destination | undefined>(SLOTS).fill(undefined);
  for (let filled = 0; ; ) {
    for (const filler of fillers) {
      for (let turn = 0; turn < filler.turns; turn++) {
        while (slots[filler.next] !== undefined) filler.next = (filler.next + filler.skip) % SLOTS;
        slots[filler.next] = filler.destination;
        if (++filled === SLOTS) return slots as Destination[];
      }
    }
  }
}

export function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
