import { beforeEach, expect, it } from 'vitest';
import { FairQueue } from '../../../apiserver/flow-control/fair-queue.ts';

let now: number;
let turns: (() => void)[];
let begun: string[];
let ends: Map<string, () => void>;
let queue: FairQueue;

beforeEach(() => {
  now = 0;
  turns = [];
  begun = [];
  ends = new Map();
  queue = newQueue();
});

function newQueue(options: object = {}): FairQueue {
  return new FairQueue({
    inFlight: 100,
    queuedPerUser: 3,
    queued: 5,
    queuedBytes: 1000,
    turnMs: 5,
    now: () => now,
    defer: (action) => turns.push(action),
    ...options,
  });
}

/** The connections have had their turn. */
const nextTurn = (): void => turns.shift()?.();

/** A request that takes 2 ms, and is in flight until it is ended. */
function send(user: string, name: string, bytes = 0): Promise<void> {
  return queue.run(user, bytes, () => {
    begun.push(name);
    now += 2;
    return new Promise((resolve) => ends.set(name, resolve));
  });
}

it('begins at once what fits into a turn, and then one of each user', () => {
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'a6']) void send('a', name);
  void send('b', 'b1');
  expect(begun).toEqual(['a1', 'a2', 'a3']);
  nextTurn();
  expect(begun.slice(3)).toEqual(['a4', 'b1', 'a5']);
  nextTurn();
  expect(begun.slice(6)).toEqual(['a6']);
  expect(queue.queued).toBe(0);
});

it('refuses what does not fit in the queue, but not another user’s', async () => {
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'a6']) void send('a', name);
  expect(() => send('a', 'a7')).toThrow(
    expect.objectContaining({
      status: expect.objectContaining({ code: 429, details: { retryAfterSeconds: 1 } }),
    }),
  );
  void send('b', 'b1');
  expect(() => send('b', 'large', 2000)).toThrow('too many requests');
  void send('b', 'b2');
  expect(() => send('c', 'c1')).toThrow('too many requests');
});

it('leaves seats for others when one user’s requests hang', async () => {
  queue = newQueue({ inFlight: 4, turnMs: 1000 });
  const all = ['a1', 'a2', 'a3'].map((name) => send('a', name));
  void send('b', 'b1');
  expect(begun).toEqual(['a1', 'a2']);
  nextTurn();
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  ends.get('a1')?.();
  await all[0];
  nextTurn();
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
  expect(queue.inFlight).toBe(3);
});
