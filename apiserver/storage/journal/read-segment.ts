import { readFileSync } from 'node:fs';
import type { Change } from '../storage.ts';
import { decodeFrame, frameLength, MAGIC } from './frame.ts';

/** A part of the journal that was on disk and is damaged: it cannot be left out without losing objects. */
export class DamagedJournalError extends Error {
  constructor(path: string, offset: number) {
    super(
      `the journal ${path} is damaged at offset ${offset}: what was acknowledged there cannot be read; ` +
        'restore the file, or the whole directory, from a copy',
    );
  }
}

/**
 * Hands over every record of a segment; returns how many of its bytes are whole frames. What follows those
 * is a tail that a crash tore, unless a whole frame comes after it: a frame is only written when everything
 * before it is on disk, so then the damage is in something acknowledged.
 */
export function readSegment(
  path: string,
  onEvent: (event: Change) => void,
): {
  readonly wholeBytes: number;
  readonly tornBytes: number;
} {
  const journal = readFileSync(path);
  let at = 0;
  for (let length = frameLength(journal, at); length !== undefined; length = frameLength(journal, at)) {
    for (const event of decodeFrame(journal, at, length)) onEvent(event);
    at += length;
  }
  if (hasFrameAfter(journal, at)) throw new DamagedJournalError(path, at);
  return { wholeBytes: at, tornBytes: journal.length - at };
}

function hasFrameAfter(journal: Buffer, offset: number): boolean {
  for (let at = journal.indexOf(MAGIC, offset + 1); at !== -1; at = journal.indexOf(MAGIC, at + 1)) {
    if (frameLength(journal, at) !== undefined) return true;
  }
  return false;
}
