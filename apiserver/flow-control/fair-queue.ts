import { errors } from '../errors.ts';

export interface FairQueueOptions {
  /** Requests that wait for storage, webhooks or nodes at the same time; a user may have half of them. */
  readonly inFlight: number;
  /** Requests of one user, and of all, that may wait to be begun. */
  readonly queuedPerUser: number;
  readonly queued: number;
  /** Bytes of the bodies that wait with them. */
  readonly queuedBytes: number;
  /** How long requests are begun before the connections get their turn again, milliseconds. */
  readonly turnMs: number;
  readonly now: () => number;
  /** Runs an action when the connections have had their turn. */
  readonly defer: (action: () => void) => void;
}

interface Waiting {
  readonly begin: () => void;
  readonly bytes: number;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * Begins requests so that nobody's flood holds up the others. While there is little to do a request begins at
 * once; when a turn of the event loop has begun its share, the rest waits, and users take turns. What does not
 * fit in the queue is refused with 429. A request is in flight until its answer begins: a watch is not.
 */
export class FairQueue {
  readonly #options: FairQueueOptions;
  readonly #users = new Map<string, Waiting[]>();
  readonly #inFlightOf = new Map<string, number>();
  #inFlight = 0;
  #queued = 0;
  #queuedBytes = 0;
  #turnBegan: number | undefined;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#queued;
  }

  /** The answer of `work`; rejects with TooManyRequests when there is no room to wait. */
  run<T>(user: string, bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.#queued === 0 && this.#hasTime() && this.#hasSeat(user)) return this.#begin(user, work);
    this.#requireRoom(user, bytes);
    return new Promise((resolve, reject) => {
      const begin = (): void => void this.#begin(user, work).then(resolve, reject);
      this.#enqueue(user, { begin, bytes });
    });
  }

  async #begin<T>(user: string, work: () => Promise<T>): Promise<T> {
    this.#inFlight++;
    this.#inFlightOf.set(user, (this.#inFlightOf.get(user) ?? 0) + 1);
    try {
      return await work();
    } finally {
      this.#end(user);
    }
  }

  #end(user: string): void {
    this.#inFlight--;
    const left = (this.#inFlightOf.get(user) ?? 1) - 1;
    if (left === 0) this.#inFlightOf.delete(user);
    else this.#inFlightOf.set(user, left);
    if (this.#queued > 0 && this.#turnBegan === undefined) this.#startTurn();
  }

  /** Whether this turn may begin more. */
  #hasTime(): boolean {
    if (this.#turnBegan === undefined) this.#startTurn();
    return this.#options.now() - this.#turnBegan! < this.#options.turnMs;
  }

  #hasSeat(user: string): boolean {
    const { inFlight } = this.#options;
    return this.#inFlight < inFlight && (this.#inFlightOf.get(user) ?? 0) < inFlight / 2;
  }

  #startTurn(): void {
    const { now, defer } = this.#options;
    this.#turnBegan = now();
    defer(() => {
      this.#turnBegan = undefined;
      if (this.#queued > 0) this.#drain();
    });
  }

  /** One request of each user in turn, as long as there is time and a seat for somebody. */
  #drain(): void {
    let passed = 0;
    while (this.#queued > 0 && this.#hasTime() && passed < this.#users.size) {
      const [user, waiting] = this.#users.entries().next().value!;
      this.#users.delete(user);
      if (!this.#hasSeat(user)) {
        this.#users.set(user, waiting);
        passed++;
        continue;
      }
      passed = 0;
      const { begin, bytes } = waiting.shift()!;
      this.#queued--;
      this.#queuedBytes -= bytes;
      if (waiting.length > 0) this.#users.set(user, waiting);
      begin();
    }
  }

  #enqueue(user: string, waiting: Waiting): void {
    const own = this.#users.get(user);
    if (own) own.push(waiting);
    else this.#users.set(user, [waiting]);
    this.#queued++;
    this.#queuedBytes += waiting.bytes;
  }

  #requireRoom(user: string, bytes: number): void {
    const { queued, queuedPerUser, queuedBytes } = this.#options;
    const own = this.#users.get(user)?.length ?? 0;
    if (own < queuedPerUser && this.#queued < queued && this.#queuedBytes + bytes <= queuedBytes) return;
    throw errors.tooManyRequests('too many requests, please try again later', RETRY_AFTER_SECONDS);
  }
}
