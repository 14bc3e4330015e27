import { ask, openAll } from './load.ts';
import type { LoadConnection, Target } from './load-connection.ts';

export interface Deliveries {
  readonly perSecond: number;
  /** Milliseconds from the write's start to the event's arrival. */
  readonly p50: number;
  readonly p99: number;
}

const MARK = Buffer.from('"bench-at":"');
const NEWLINE = 0x0a;

/**
 * Some writers change objects that all watchers follow; each object says when it was written. The lag is
 * that of every delivery, the rate that of all of them.
 */
export async function measureDeliveries(
  target: Target,
  objects: string,
  bodyOf: (name: string) => string,
  options: { readonly watchers: number; readonly events: number; readonly writers: number },
): Promise<Deliveries> {
  const { watchers, events, writers } = options;
  const wanted = watchers * events;
  const lags = new Float64Array(wanted);
  let delivered = 0;
  let finish: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const connections = await openAll(target, watchers);
  const version = await revisionOf(target, objects);
  for (const connection of connections) {
    let tail: Buffer = Buffer.alloc(0);
    await connection.stream(`${objects}?watch=1&resourceVersion=${version}`, (chunk) => {
      const now = performance.now();
      const data = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
      let from = 0;
      for (;;) {
        const end = data.indexOf(NEWLINE, from);
        const mark = data.indexOf(MARK, from);
        if (mark === -1 || end === -1) break;
        const line = data.indexOf(NEWLINE, mark);
        if (line === -1) break;
        const at = Number(
          data.toString('latin1', mark + MARK.length, data.indexOf(0x22, mark + MARK.length)),
        );
        lags[delivered++] = now - at;
        if (delivered === wanted) finish();
        from = line + 1;
      }
      tail = data.subarray(from);
    });
  }
  const writing = await openAll(target, writers);
  const began = performance.now();
  let next = 0;
  const write = async (connection: LoadConnection): Promise<void> => {
    while (next < events) {
      const { status } = await connection.request('POST', objects, bodyOf(`event-${next++}`));
      if (status !== 201) throw new Error(`${target.name}: create: ${status}`);
    }
  };
  await Promise.all([...writing.map(write), all]);
  const seconds = (performance.now() - began) / 1000;
  for (const connection of [...connections, ...writing]) connection.close();
  lags.sort();
  return {
    perSecond: wanted / seconds,
    p50: lags[Math.floor(wanted * 0.5)] ?? Number.NaN,
    p99: lags[Math.floor(wanted * 0.99)] ?? Number.NaN,
  };
}

async function revisionOf(target: Target, objects: string): Promise<string> {
  const list = JSON.parse(await ask(target, 'GET', `${objects}?limit=1`));
  return list.metadata.resourceVersion;
}
