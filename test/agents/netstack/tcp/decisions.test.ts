import { describe, expect, it } from 'vitest';
import type { TcpHeader } from '../../../../agents/netstack/header/tcp-header.ts';
import { isAcceptable } from '../../../../agents/netstack/tcp/acceptable.ts';
import { AckSchedule } from '../../../../agents/netstack/tcp/ack-schedule.ts';
import { decideRequest } from '../../../../agents/netstack/tcp/request.ts';
import { decideFinWait2, decideTimeWait } from '../../../../agents/netstack/tcp/time-wait.ts';

const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];
const segment = (flags: number, sequence: number, acknowledgment = 501): TcpHeader => ({
  sourcePort: 1,
  destinationPort: 2,
  sequence,
  acknowledgment,
  flags,
  window: 1000,
});

it.each([
  ['old and acknowledged', 80, 90, false],
  ['old, but not acknowledged yet', 90, 100, true],
  ['next', 110, 120, true],
  ['in the window', 1000, 1100, true],
  ['over its edge', 1090, 1200, true],
  ['behind it', 1111, 1200, false],
])('a segment is acceptable: %s', (_what, start, end, expected) => {
  expect(isAcceptable(start, end, false, 100, 1110)).toBe(expected);
});

it.each([
  ['its SYN again', segment(SYN, 99), 1, 'answer again'],
  ['the answer', segment(ACK, 100), 0, 'establish'],
  ['an answer to another SYN', segment(ACK, 100, 777), 0, 'refuse'],
  ['something old', segment(ACK, 50), 10, 'acknowledge'],
  ['a reset', segment(RST, 100), 0, 'forget'],
  ['a reset that is only near', segment(RST, 150), 0, 'acknowledge'],
  ['a reset from afar', segment(RST, 50_000), 0, 'ignore'],
  ['another SYN', segment(SYN, 150), 1, 'refuse and forget'],
  ['nothing that acknowledges', segment(FIN, 100), 1, 'ignore'],
] as const)('a request meets %s', (_what, header, length, expected) => {
  expect(decideRequest({ next: 100, ownNext: 501, window: 1000 }, header, length)).toBe(expected);
});

describe('who has closed', () => {
  it.each([
    ['the FIN again', segment(FIN | ACK, 99), 1, 'acknowledge and wait anew'],
    ['a bare acknowledgment', segment(ACK, 100), 0, 'wait anew'],
    ['a reset', segment(RST, 100), 0, 'close'],
    ['a reset elsewhere', segment(RST, 90), 0, 'ignore'],
    ['a new SYN', segment(SYN, 200), 1, 'reopen'],
    ['an old SYN', segment(SYN, 50), 1, 'acknowledge'],
  ] as const)('meets in TIME_WAIT: %s', (_what, header, length, expected) => {
    expect(decideTimeWait(100, header, length)).toBe(expected);
  });

  it.each([
    ['the FIN', segment(FIN | ACK, 100), 1, 'acknowledge and wait anew'],
    ['data', segment(ACK, 100), 10, 'refuse and close'],
    ['data with the FIN', segment(FIN | ACK, 100), 11, 'refuse and close'],
    ['an acknowledgment', segment(ACK, 100), 0, 'ignore'],
    ['a reset', segment(RST, 100), 0, 'close'],
    ['something from afar', segment(ACK, 5000), 10, 'acknowledge'],
  ] as const)('meets in FIN_WAIT_2: %s', (_what, header, length, expected) => {
    expect(decideFinWait2(100, 1000, header, length)).toBe(expected);
  });
});

describe('acknowledgments', () => {
  it('go out at once while a connection is young, then after more than a segment', () => {
    const acks = new AckSchedule();
    const take = (length: number, waiting = length): boolean => {
      acks.received(length, false, 60_000, 0, 200);
      const isDue = acks.isDue(waiting);
      if (isDue) acks.acknowledged();
      return isDue;
    };
    expect(Array.from({ length: 18 }, () => take(1460)).filter(Boolean)).toHaveLength(16);
    expect([take(1460, 1460), take(1460, 2920)]).toEqual([false, true]);
  });

  it('go out when all is read, if that was the end of something', () => {
    const acks = new AckSchedule();
    const isDueAfter = (length: number, isPushed: boolean): boolean => {
      acks.received(length, isPushed, 60_000, 0, 200);
      const isDue = acks.isDueByReading();
      acks.acknowledged();
      return isDue;
    };
    expect([isDueAfter(1460, false), isDueAfter(1460, true), isDueAfter(100, true)]).toEqual([
      false,
      true,
      true,
    ]);
    // The second of its size is what the peer's segments are like from there on.
    expect([isDueAfter(700, false), isDueAfter(700, false), isDueAfter(700, false)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('wait for an answer once there was one', () => {
    const acks = new AckSchedule();
    acks.received(10, true, 60_000, 1000, 200);
    expect(acks.isDue(10)).toBe(true);
    acks.acknowledged();
    acks.sent(1010);
    acks.received(10, true, 60_000, 1020, 200);
    expect([acks.isDue(10), acks.isDueByReading(), acks.delay(1)]).toEqual([false, false, 40]);
  });

  it('are quick again when something is out of step', () => {
    const acks = new AckSchedule();
    acks.sent(0);
    acks.expectAnswer();
    expect(acks.isDue(1)).toBe(false);
    acks.hurry(60_000);
    expect(acks.isDue(0)).toBe(true);
  });
});
