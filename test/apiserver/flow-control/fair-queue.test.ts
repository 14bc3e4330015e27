import { beforeEach, expect, it } from 'vitest';
import { FairQueue } from '../../../apiserver/flow-control/fair-queue.ts';

let now: number;
let turns: (() => void)[];
let ticks: (() => void)[];
let begun: string[];
interface Answer {
  readonly size: number;
}
let ends: Map<string, (answer: Answer) => void>;
let queue: FairQueue<Answer>;

beforeEach(() => {
  now = 0;
  turns = [];
  ticks = [];
  begun = [];
  ends = new Map();
  queue = newQueue();
});

function newQueue(options: object = {}): FairQueue<Answer> {
  return new FairQueue({
    inFlight: 100,
    queuedPerUser: 4,
    queued: 6,
    queuedBytes: 1000,
    sizeOf: ({ size }) => size,
    sending: 1_000_000,
    turnMs: 5,
    now: () => now,
    defer: (action) => turns.push(action),
    soon: (action) => ticks.push(action),
    ...options,
  });
}

/** What was begun comes as far as it can, and so does what that lets begin. */
function settle(): void {
  for (let tick = ticks.shift(); tick; tick = ticks.shift()) tick();
}

/** The connections have had their turn. */
function nextTurn(): void {
  turns.shift()?.();
  settle();
}

/** A request that takes 2 ms, and is in flight until it is ended. */
function send(user: string, name: string, bytes = 0): Promise<Answer> {
  return queue.run(user, bytes, () => {
    begun.push(name);
    now += 2;
    return new Promise((resolve) => ends.set(name, resolve));
  });
}

it('begins at once what fits into a turn, and then one of each user', () => {
  void send('a', 'a1');
  expect(begun).toEqual(['a1']);
  for (const name of ['a2', 'a3', 'a4', 'a5']) void send('a', name);
  void send('b', 'b1');
  // How long the first takes shows when it has come as far as it can.
  expect(begun).toEqual(['a1']);
  settle();
  expect(begun.slice(1)).toEqual(['a2', 'b1']);
  nextTurn();
  expect(begun.slice(3)).toEqual(['a3', 'a4', 'a5']);
  expect(queue.queued).toBe(0);
});

it('refuses what does not fit in the queue, but not another user’s', () => {
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void send('a', name);
  const tooMany = expect.objectContaining({ code: 429, details: { retryAfterSeconds: 1 } });
  expect(() => send('a', 'a6')).toThrow(expect.objectContaining({ status: tooMany }));
  void send('b', 'b1');
  expect(() => send('b', 'large', 2000)).toThrow('too many requests');
  void send('b', 'b2');
  expect(() => send('c', 'c1')).toThrow('too many requests');
});

it('leaves seats for others when one user’s requests hang', async () => {
  queue = newQueue({ inFlight: 4, turnMs: 1000 });
  const all = ['a1', 'a2', 'a3'].map((name) => send('a', name));
  void send('b', 'b1');
  settle();
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  ends.get('a1')?.({ size: 0 });
  await all[0];
  settle();
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
  expect(queue.inFlight).toBe(3);
});

it('counts a large answer until it is sent', async () => {
  const large = { size: 1_500_000 };
  const first = send('a', 'a1');
  ends.get('a1')?.(large);
  await first;
  settle();
  void send('a', 'a2');
  void send('b', 'b1');
  settle();
  expect(begun).toEqual(['a1', 'b1']);
  expect(queue.isCounted(large)).toBe(true);
  queue.sent(large);
  settle();
  nextTurn();
  expect(begun).toEqual(['a1', 'b1', 'a2']);
});
