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

/** What is known of a user as long as the server runs, or until there are too many of them. */
interface User {
  inFlight: number;
  readonly waiting: Waiting[];
}

const MOST_USERS = 10_000;
const RETRY_AFTER_SECONDS = 1;

/**
 * Begins requests so that nobody's flood holds up the others. While there is little to do a request begins at
 * once; when a turn of the event loop has begun its share, the rest waits, and users take turns. What does not
 * fit in the queue is refused with 429. A request is in flight until its answer begins: a watch is not.
 */
export class FairQueue {
  readonly #options: FairQueueOptions;
  readonly #users = new Map<string, User>();
  /** Who has something waiting, in the order in which they come next. */
  readonly #turns = new Set<User>();
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
  run<T>(name: string, bytes: number, work: () => Promise<T>): Promise<T> {
    const user = this.#user(name);
    if (this.#queued === 0 && this.#hasTime() && this.#hasSeat(user)) return this.#begin(user, work);
    this.#requireRoom(user, bytes);
    return new Promise((resolve, reject) => {
      const begin = (): void => void this.#begin(user, work).then(resolve, reject);
      this.#enqueue(user, { begin, bytes });
    });
  }

  #begin<T>(user: User, work: () => Promise<T>): Promise<T> {
    this.#inFlight++;
    user.inFlight++;
    const answer = work();
    const end = (): void => this.#end(user);
    answer.then(end, end);
    return answer;
  }

  #end(user: User): void {
    this.#inFlight--;
    user.inFlight--;
    if (this.#queued > 0 && this.#turnBegan === undefined) this.#startTurn();
  }

  /** Whether this turn may begin more. */
  #hasTime(): boolean {
    if (this.#turnBegan === undefined) this.#startTurn();
    return this.#options.now() - this.#turnBegan! < this.#options.turnMs;
  }

  #hasSeat(user: User): boolean {
    const { inFlight } = this.#options;
    return this.#inFlight < inFlight && user.inFlight < inFlight / 2;
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
    while (this.#queued > 0 && this.#hasTime() && passed < this.#turns.size) {
      const user: User = this.#turns.values().next().value!;
      this.#turns.delete(user);
      if (!this.#hasSeat(user)) {
        this.#turns.add(user);
        passed++;
        continue;
      }
      passed = 0;
      const { begin, bytes } = user.waiting.shift()!;
      this.#queued--;
      this.#queuedBytes -= bytes;
      if (user.waiting.length > 0) this.#turns.add(user);
      begin();
    }
  }

  #enqueue(user: User, waiting: Waiting): void {
    user.waiting.push(waiting);
    this.#turns.add(user);
    this.#queued++;
    this.#queuedBytes += waiting.bytes;
  }

  #requireRoom(user: User, bytes: number): void {
    const { queued, queuedPerUser, queuedBytes } = this.#options;
    if (
      user.waiting.length < queuedPerUser &&
      this.#queued < queued &&
      this.#queuedBytes + bytes <= queuedBytes
    )
      return;
    throw errors.tooManyRequests('too many requests, please try again later', RETRY_AFTER_SECONDS);
  }

  #user(name: string): User {
    let user = this.#users.get(name);
    if (!user) {
      if (this.#users.size >= MOST_USERS) this.#users.clear();
      user = { inFlight: 0, waiting: [] };
      this.#users.set(name, user);
    }
    return user;
  }
}
