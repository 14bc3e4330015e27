import { describe, expect, it } from 'vitest';
import type { CacheEvent } from '../../apiserver/cache/cache-event.ts';
import { EventWindow } from '../../apiserver/cache/event-window.ts';
import { StoredObject } from '../../apiserver/cache/stored-object.ts';

function event(revision: number, bytes = 10): CacheEvent {
  const object = new StoredObject('ns', `o${revision}`, new Uint8Array(bytes), revision);
  return {
    revision,
    type: 'ADDED',
    object,
    previous: undefined,
    frames: new Map([['object ADDED', object.bytes]]),
  };
}

const revisions = (events: CacheEvent[] | undefined): number[] | undefined =>
  events?.map(({ revision }) => revision);

describe('EventWindow', () => {
  it('gives the events after any revision that it still covers', () => {
    const window = new EventWindow({ events: 3, bytes: 1000 }, 5);
    for (const revision of [7, 9, 12]) window.push(event(revision));
    expect(revisions(window.after(4))).toBeUndefined();
    expect(revisions(window.after(5))).toEqual([7, 9, 12]);
    expect(revisions(window.after(8))).toEqual([9, 12]);
    expect(revisions(window.after(9))).toEqual([12]);
    expect(revisions(window.after(99))).toEqual([]);
    window.push(event(13));
    expect(revisions(window.after(6))).toBeUndefined();
    expect(revisions(window.after(7))).toEqual([9, 12, 13]);
  });

  it('is bounded by bytes too, but keeps the newest', () => {
    const window = new EventWindow({ events: 100, bytes: 50 }, 0);
    for (const revision of [1, 2, 3]) window.push(event(revision, 20));
    expect(revisions(window.after(0))).toBeUndefined();
    expect(revisions(window.after(1))).toEqual([2, 3]);
    window.push(event(4, 500));
    expect(revisions(window.after(3))).toEqual([4]);
  });

  it('lets go of the frames of old events', () => {
    const window = new EventWindow({ events: 2000, bytes: 1e6 }, 0);
    for (let revision = 1; revision <= 600; revision++) window.push(event(revision));
    const events = window.after(0) ?? [];
    expect(events[0]?.frames.size).toBe(0);
    expect(events.at(-1)?.frames.size).toBe(1);
  });

  it('covers only what comes after it began anew', () => {
    const window = new EventWindow({ events: 3, bytes: 1000 }, 0);
    for (const revision of [1, 2, 3, 4]) window.push(event(revision));
    window.restart(9);
    expect(revisions(window.after(8))).toBeUndefined();
    expect(revisions(window.after(9))).toEqual([]);
    for (const revision of [11, 12]) window.push(event(revision));
    expect(revisions(window.after(9))).toEqual([11, 12]);
  });
});
