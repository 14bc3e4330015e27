import { errors } from '../errors.ts';

export interface FairQueueOptions<T> {
  /** Requests that wait for storage, webhooks or nodes at the same time; a user may have half of them. */
  readonly inFlight: number;
  /** Requests of one user, and of all, that may wait to be begun. */
  readonly queuedPerUser: number;
  readonly queued: number;
  /** Bytes of the bodies that wait with them. */
  readonly queuedBytes: number;
  /** How long requests are begun before the connections get their turn again, milliseconds. */
  readonly turnMs: number;
  /** Bytes that an answer still has to send; of one user no more than so many are sent at the same time. */
  readonly sizeOf: (answer: T) => number;
  readonly sending: number;
  readonly now: () => number;
  /** Runs an action when the connections have had their turn. */
  readonly defer: (action: () => void) => void;
  /** Runs an action when what was begun has come as far as it can without waiting. */
  readonly soon: (action: () => void) => void;
}

interface Waiting {
  readonly begin: () => void;
  readonly bytes: number;
}

/** What is known of a user as long as the server runs, or until there are too many of them. */
interface User {
  inFlight: number;
  /** Bytes of large answers that are on their way. */
  sending: number;
  readonly waiting: Waiting[];
}

const MOST_USERS = 10_000;
/** Answers below are not counted while they are sent. */
const LARGE = 256 * 1024;
const RETRY_AFTER_SECONDS = 1;

/**
 * Begins requests so that nobody's flood holds up the others. While there is little to do a request begins at
 * once; when a turn of the event loop has begun its share, the rest waits, and users take turns. What does not
 * fit in the queue is refused with 429. A request is in flight until its answer begins: a watch is not. A large
 * answer counts until it is sent, so that whoever asks for many does not take the connections' whole time.
 */
export class FairQueue<T extends object> {
  readonly #options: FairQueueOptions<T>;
  readonly #sending = new WeakMap<T, User>();
  readonly #users = new Map<string, User>();
  /** Who has something waiting, in the order in which they come next. */
  readonly #turns = new Set<User>();
  #inFlight = 0;
  #queued = 0;
  #queuedBytes = 0;
  #turnBegan: number | undefined;
  /** Something was begun, and how long it takes is not known yet. */
  #isStepping = false;

  constructor(options: FairQueueOptions<T>) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#queued;
  }

  /** The answer of `work`; rejects with TooManyRequests when there is no room to wait. */
  run(name: string, bytes: number, work: () => Promise<T>): Promise<T> {
    const user = this.#user(name);
    if (this.#queued === 0 && !this.#isStepping && this.#hasTime() && this.#hasSeat(user)) {
      this.#stepSoon();
      return this.#begin(user, work);
    }
    this.#requireRoom(user, bytes);
    return new Promise((resolve, reject) => {
      const begin = (): void => void this.#begin(user, work).then(resolve, reject);
      this.#enqueue(user, { begin, bytes });
    });
  }

  #begin(user: User, work: () => Promise<T>): Promise<T> {
    this.#inFlight++;
    user.inFlight++;
    const answer = work();
    answer.then(
      (value) => this.#answered(user, value),
      () => this.#end(user),
    );
    return answer;
  }

  #answered(user: User, answer: T): void {
    const size = this.#options.sizeOf(answer);
    if (size >= LARGE) {
      user.sending += size;
      this.#sending.set(answer, user);
    }
    this.#end(user);
  }

  /** Whether `sent` must be called with an answer when it has been sent, or cannot be. */
  isCounted(answer: T): boolean {
    return this.#sending.has(answer);
  }

  sent(answer: T): void {
    const user = this.#sending.get(answer);
    if (!user) return;
    this.#sending.delete(answer);
    user.sending -= this.#options.sizeOf(answer);
    if (this.#queued > 0) this.#stepSoon();
  }

  #end(user: User): void {
    this.#inFlight--;
    user.inFlight--;
    if (this.#queued > 0) this.#stepSoon();
  }

  /** Whether this turn may begin more. */
  #hasTime(): boolean {
    if (this.#turnBegan === undefined) this.#startTurn();
    return this.#options.now() - this.#turnBegan! < this.#options.turnMs;
  }

  #hasSeat(user: User): boolean {
    const { inFlight, sending } = this.#options;
    return this.#inFlight < inFlight && user.inFlight < inFlight / 2 && user.sending < sending;
  }

  #startTurn(): void {
    const { now, defer } = this.#options;
    this.#turnBegan = now();
    defer(() => {
      this.#turnBegan = undefined;
      if (this.#queued > 0) this.#stepSoon();
    });
  }

  #stepSoon(): void {
    if (this.#isStepping) return;
    this.#isStepping = true;
    this.#options.soon(() => {
      this.#isStepping = false;
      if (this.#queued > 0 && this.#hasTime()) this.#step();
    });
  }

  /** Begins one request: of the user whose turn it is, if there is a seat for them, else of the next. */
  #step(): void {
    for (const user of this.#turns) {
      if (!this.#hasSeat(user)) continue;
      this.#turns.delete(user);
      const { begin, bytes } = user.waiting.shift()!;
      this.#queued--;
      this.#queuedBytes -= bytes;
      if (user.waiting.length > 0) this.#turns.add(user);
      this.#stepSoon();
      begin();
      return;
    }
  }

  #enqueue(user: User, waiting: Waiting): void {
    user.waiting.push(waiting);
    this.#turns.add(user);
    this.#queued++;
    this.#queuedBytes += waiting.bytes;
    this.#stepSoon();
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
      user = { inFlight: 0, sending: 0, waiting: [] };
      this.#users.set(name, user);
    }
    return user;
  }
}
