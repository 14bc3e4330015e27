import { ApiError } from '../../client/api-error.ts';
import type { RestClient } from '../../client/rest-client.ts';
import type { ConfigMap } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { Rng } from '../../platform/rng.ts';

const NAMESPACE = 'default';
const KEYS_OF_A_WRITER = 6;
/** One write in so many is big, so that journals get full and checkpoints are made meanwhile. */
const BIG_ONE_IN = 12;
const BIG = 150_000;

interface Stored {
  readonly revision: number;
  readonly text: string;
}

/** What a client was told about one object, and what it asked for without ever getting an answer. */
interface Known {
  acknowledged: Stored | undefined;
  /** `undefined`: nothing is open; `null`: a deletion. */
  open: string | null | undefined;
}

/** Writers that create, update and delete objects of their own and remember every answer. */
export class WriteLoad {
  readonly #rng: Rng;
  readonly #known = new Map<string, Known>();
  #serial = 0;
  /** Answers of writes that succeeded. */
  acknowledged = 0;
  /** The highest revision in any answer. */
  highest = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** Writes until the server is gone or the signal aborts. */
  async run(client: RestClient, writers: number, signal: AbortSignal): Promise<void> {
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        while (!signal.aborted) {
          const key = `w${writer}-${this.#rng.int(KEYS_OF_A_WRITER)}`;
          if (!(await this.#write(client, key))) return;
        }
      }),
    );
  }

  /** Compares what is stored with what was acknowledged; what was open may have happened or not. */
  check(items: readonly ConfigMap[]): string[] {
    const stored = new Map(items.map((item) => [item.metadata.name ?? '', storedOf(item)]));
    const faults: string[] = [];
    for (const [name, known] of this.#known) {
      const actual = stored.get(name);
      if (!isPossible(known, actual)) {
        faults.push(`${name}: stored ${describe(actual)}, acknowledged ${describe(known.acknowledged)}`);
      }
      known.acknowledged = actual;
      known.open = undefined;
    }
    return faults;
  }

  /** False when no answer came. */
  async #write(client: RestClient, name: string): Promise<boolean> {
    const known = this.#known.get(name) ?? { acknowledged: undefined, open: undefined };
    this.#known.set(name, known);
    const isDeletion = known.acknowledged !== undefined && this.#rng.int(5) === 0;
    const size = this.#rng.int(BIG_ONE_IN) === 0 ? BIG : 100;
    known.open = isDeletion ? null : `${++this.#serial}-${'x'.repeat(size)}`;
    try {
      known.acknowledged = await this.#send(client, name, known);
      known.open = undefined;
      this.acknowledged++;
      this.highest = Math.max(this.highest, known.acknowledged?.revision ?? 0);
      return true;
    } catch (error) {
      if (error instanceof ApiError) throw error;
      return false;
    }
  }

  async #send(client: RestClient, name: string, known: Known): Promise<Stored | undefined> {
    const { acknowledged, open } = known;
    if (open === null) {
      const resourceVersion = String(acknowledged?.revision);
      await client.delete(resources.configmaps, name, {
        namespace: NAMESPACE,
        preconditions: { resourceVersion },
      });
      return undefined;
    }
    const data = { text: open ?? '' };
    const metadata = { name, namespace: NAMESPACE };
    if (!acknowledged) {
      return storedOf(
        await client.create(resources.configmaps, { metadata, data }, { namespace: NAMESPACE }),
      );
    }
    const resourceVersion = String(acknowledged.revision);
    return storedOf(
      await client.update(resources.configmaps, { metadata: { ...metadata, resourceVersion }, data }),
    );
  }
}

function isPossible({ acknowledged, open }: Known, actual: Stored | undefined): boolean {
  const same = actual?.revision === acknowledged?.revision && actual?.text === acknowledged?.text;
  if (same || open === undefined) return same;
  if (open === null) return actual === undefined;
  return actual?.text === open && actual.revision > (acknowledged?.revision ?? 0);
}

function storedOf({ metadata, data }: ConfigMap): Stored {
  return { revision: Number(metadata.resourceVersion), text: data?.text ?? '' };
}

function describe(stored: Stored | undefined): string {
  return stored ? `${stored.text.slice(0, 8)}… at ${stored.revision}` : 'nothing';
}
