import { describe, expect, it } from 'vitest';
import { mac } from '../../../../agents/netstack/mac.ts';
import { decideUpdate, type Told } from '../../../../agents/netstack/neigh/neighbour-update.ts';

const [HERE, THERE] = [mac('02:00:00:00:00:01'), mac('02:00:00:00:00:02')];
const told = (what: Partial<Told>): Told => ({ state: 'STALE', mac: THERE, overrides: false, ...what });

describe('what is told of a neighbour', () => {
  it.each([
    ['a new one is stored', { state: 'NONE', mac: undefined }, {}, { state: 'STALE', mac: THERE }],
    [
      'a reply confirms',
      { state: 'INCOMPLETE', mac: undefined },
      { state: 'REACHABLE' },
      { state: 'REACHABLE', mac: THERE },
    ],
    [
      'the same address said again changes nothing',
      { state: 'REACHABLE', mac: HERE },
      { mac: HERE },
      { state: 'REACHABLE', mac: HERE },
    ],
    [
      'another address without override is ignored',
      { state: 'REACHABLE', mac: HERE },
      {},
      { state: 'REACHABLE', mac: HERE },
    ],
    [
      'or makes the known one doubtful',
      { state: 'REACHABLE', mac: HERE },
      { doubts: true },
      { state: 'STALE', mac: HERE },
    ],
    [
      'but not one that is in doubt already',
      { state: 'DELAY', mac: HERE },
      { doubts: true },
      { state: 'DELAY', mac: HERE },
    ],
    [
      'another address with override moves it',
      { state: 'REACHABLE', mac: HERE },
      { overrides: true },
      { state: 'STALE', mac: THERE },
    ],
    [
      'no address keeps the known one',
      { state: 'STALE', mac: HERE },
      { state: 'REACHABLE', mac: undefined },
      { state: 'REACHABLE', mac: HERE },
    ],
    [
      'a command makes STALE what was confirmed',
      { state: 'REACHABLE', mac: HERE },
      { mac: HERE, overrides: true, isCommand: true },
      { state: 'STALE', mac: HERE },
    ],
  ] as const)('%s', (_name, known, what, expected) => {
    expect(decideUpdate(known, told(what))).toMatchObject(expected);
  });

  it('is nothing without an address, and nothing about a permanent one', () => {
    expect(decideUpdate({ state: 'NONE', mac: undefined }, told({ mac: undefined }))).toBe('no address');
    expect(decideUpdate({ state: 'PERMANENT', mac: HERE }, told({ overrides: true }))).toBe('not permitted');
  });
});
