import { describe, expect, it } from 'vitest';
import { MAX_BUFFERED_BYTES, type WatchEncoder, Watcher } from '../../apiserver/cache/watcher.ts';

const encoder = { key: 'test' } as WatchEncoder;
const everything = { namespace: undefined, name: undefined, trigger: undefined, matches: undefined };

function open(backlog: Iterable<Uint8Array> = []): { watcher: Watcher; closed: () => boolean } {
  let closed = false;
  const watcher = new Watcher(everything, encoder, false, backlog, () => {
    closed = true;
  });
  return { watcher, closed: () => closed };
}

async function textOf(watcher: Watcher): Promise<string> {
  let text = '';
  for await (const chunk of watcher) text += Buffer.from(chunk).toString();
  return text;
}

describe('Watcher', () => {
  it('sends its backlog first, then what came meanwhile, in one chunk', async () => {
    const { watcher } = open([Buffer.from('a'), Buffer.from('b')]);
    watcher.push(Buffer.from('c'));
    watcher.push(Buffer.from('d'));
    watcher.close();
    const chunks: string[] = [];
    for await (const chunk of watcher) chunks.push(Buffer.from(chunk).toString());
    expect(chunks).toEqual(['ab', 'cd']);
  });

  it('cuts off a reader that does not read', async () => {
    const { watcher, closed } = open();
    const frame = new Uint8Array(1024 * 1024);
    for (let sent = 0; sent <= MAX_BUFFERED_BYTES; sent += frame.length) watcher.push(frame);
    expect(closed()).toBe(true);
    expect(await textOf(watcher)).toBe('');
  });

  it('closes when its reader stops', async () => {
    const { watcher, closed } = open([Buffer.from('a')]);
    for await (const _chunk of watcher) break;
    expect(closed()).toBe(true);
  });
});
