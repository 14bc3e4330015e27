import { describe, expect, it } from 'vitest';
import { type Ipv4, ipv4 } from '../../../../agents/netstack/ipv4.ts';
import { Destination } from '../../../../agents/netstack/ipvs/destination.ts';
import { SCHEDULERS, type SchedulerName } from '../../../../agents/netstack/ipvs/scheduler.ts';
import { VirtualService } from '../../../../agents/netstack/ipvs/virtual-service.ts';

const VIRTUAL = ipv4('10.96.0.1');

/** Destinations a, b, c … of the weights given. */
const destinations = (...weights: number[]) =>
  weights.map((weight, index) => new Destination(ipv4(`10.0.0.${index + 1}`), 80, weight));
const nameOf = (destination: Destination | undefined): string =>
  destination ? String.fromCharCode(96 + (Number(destination.address) & 255)) : '-';

/** Whom `count` new connections go to; each stays, established. */
function turns(name: SchedulerName, of: Destination[], count: number): string {
  const schedule = SCHEDULERS[name](of);
  let names = '';
  for (let i = 0; i < count; i++) {
    const chosen = schedule({ address: (0x0a000000 + i) as Ipv4, port: 0 }, VIRTUAL);
    if (chosen) chosen.active++;
    names += nameOf(chosen);
  }
  return names;
}

describe('schedulers', () => {
  it.each([
    ['rr', [1, 1, 1], 'abcabc'],
    ['rr', [1, 0, 5], 'acacac'],
    // The example of ip_vs_wrr's own documentation: weights 4, 3, 2.
    ['wrr', [4, 3, 2], 'aababcabc'],
    ['wrr', [2, 0, 2], 'acacac'],
    ['lc', [1, 9, 1], 'abcabc'],
  ] as const)('%s with weights %j', (name, weights, expected) => {
    expect(turns(name, destinations(...weights), expected.length)).toBe(expected);
  });

  it.each(Object.keys(SCHEDULERS) as SchedulerName[])('%s chooses nobody of weight 0', (name) => {
    expect(turns(name, destinations(0, 0), 3)).toBe('---');
    expect(turns(name, [], 3)).toBe('---');
  });

  it('wlc gives each as many as its weight says', () => {
    const all = destinations(1, 2, 3);
    turns('wlc', all, 60);
    expect(all.map(({ active }) => active)).toEqual([10, 20, 30]);
  });

  it('lblc and lblcr stay with a destination until it has too much to do', () => {
    // Two connections are more than weight 1, and b, idle, has less than half of its own.
    expect(turns('lblc', destinations(1, 4), 9)).toBe('aabbbbbbb');
    expect(turns('lblcr', destinations(1, 4), 11)).toBe('aabbbbbbbba');
    expect(turns('lblcr', destinations(2, 2), 7)).toBe('aaabbba');
  });

  it('sed prefers who will be done first; nq who is idle', () => {
    expect(turns('sed', destinations(1, 3), 3)).toBe('bba');
    expect(turns('nq', destinations(3, 1), 2)).toBe('ab');
  });

  it.each(['sh', 'mh'] as const)('%s keeps a client where it is, and spreads clients', (name) => {
    const all = destinations(1, 1, 1);
    const schedule = SCHEDULERS[name](all);
    const counts = new Map<Destination, number>();
    for (let i = 0; i < 300; i++) {
      const client = { address: (0x0af40000 + 7 * i) as Ipv4, port: 0 };
      const chosen = schedule(client, VIRTUAL)!;
      expect(schedule(client, ipv4('10.96.0.2'))).toBe(chosen);
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    }
    expect(Math.min(...all.map((each) => counts.get(each) ?? 0))).toBeGreaterThan(50);
  });

  it('mh moves few clients when a destination goes', () => {
    const all = destinations(1, 1, 1, 1, 1);
    const [before, after] = [SCHEDULERS.mh(all), SCHEDULERS.mh(all.slice(1))];
    let moved = 0;
    for (let i = 0; i < 1000; i++) {
      const client = { address: (0x0af40000 + i) as Ipv4, port: 0 };
      const was = before(client, VIRTUAL);
      if (was !== all[0] && after(client, VIRTUAL) !== was) moved++;
    }
    expect(moved).toBeLessThan(150);
  });

  it('sh leaves clients without a server while theirs has weight 0, and gives it one slot', () => {
    const all = destinations(1, 0, 1);
    const clients = Array.from({ length: 256 }, (_, i) => ({ address: (0x0af40000 + i) as Ipv4, port: 0 }));
    const whole = SCHEDULERS.sh(destinations(1, 1, 1));
    const without = SCHEDULERS.sh(all);
    for (const client of clients) {
      const was = nameOf(whole(client, VIRTUAL));
      expect(nameOf(without(client, VIRTUAL))).toBe(was === 'b' ? '-' : was);
    }
  });

  it('mh keeps the slots of a server that is to go, and none of one that never had a weight', () => {
    const all = destinations(2, 1, 1);
    const clients = Array.from({ length: 500 }, (_, i) => ({ address: (0x0af40000 + i) as Ipv4, port: 0 }));
    const chosen = (): string => clients.map((each) => nameOf(SCHEDULERS.mh(all)(each, VIRTUAL))).join('');
    const before = chosen();
    all[1]!.weight = 0;
    expect(chosen()).toBe(before.replaceAll('b', '-'));
    expect(before.split('a').length).toBeGreaterThan(200);
    const fresh = SCHEDULERS.mh(destinations(1, 0));
    expect(clients.map((each) => nameOf(fresh(each, VIRTUAL)))).not.toContain('-');
  });

  it('rr goes on where it was when servers come and go', () => {
    const service = new VirtualService(
      { protocol: 6, address: VIRTUAL, port: 80 },
      { scheduler: 'rr', persistentSeconds: 0, hashesPorts: false },
    );
    const [a, b, c, d] = destinations(1, 1, 1, 1);
    const next = (): string => nameOf(service.schedule({ address: 1 as Ipv4, port: 1 }));
    service.destinations = [a!, b!, c!];
    expect([next(), next()]).toEqual(['a', 'b']);
    service.destinations = [d!, a!, b!, c!];
    expect(next()).toBe('c');
    service.destinations = [d!, a!, b!];
    expect([next(), next()]).toEqual(['d', 'a']);
  });

  it('dh goes by what is asked for', () => {
    const schedule = SCHEDULERS.dh(destinations(1, 1, 1));
    const chosen = schedule({ address: 1 as Ipv4, port: 1 }, VIRTUAL);
    expect(schedule({ address: 2 as Ipv4, port: 2 }, VIRTUAL)).toBe(chosen);
  });
});
