import type { Connection, TupleNode } from './connection.ts';
import { hashTuple, sameTuple, type Tuple } from './tuple.ts';

const INITIAL_BUCKETS = 1024;

/** Both directions of every confirmed connection by tuple: chains in a power-of-two table that grows. */
export class TupleTable {
  #buckets: (TupleNode | undefined)[] = new Array(INITIAL_BUCKETS).fill(undefined);
  #mask = INITIAL_BUCKETS - 1;
  /** All connections, in no order; a removed one is replaced by the last. */
  readonly connections: Connection[] = [];

  find(tuple: Readonly<Tuple>): TupleNode | undefined {
    let node = this.#buckets[hashTuple(tuple) & this.#mask];
    while (node !== undefined && !sameTuple(node, tuple)) node = node.next;
    return node;
  }

  add(connection: Connection): void {
    if (this.connections.length * 2 > this.#buckets.length) this.#rehash(this.#buckets.length * 2);
    connection.index = this.connections.length;
    this.connections.push(connection);
    this.#link(connection.original);
    this.#link(connection.reply);
  }

  remove(connection: Connection): void {
    if (connection.index < 0) return;
    const last = this.connections.pop()!;
    if (last !== connection) {
      this.connections[connection.index] = last;
      last.index = connection.index;
    }
    connection.index = -1;
    this.#unlink(connection.original);
    this.#unlink(connection.reply);
  }

  #link(node: TupleNode): void {
    const bucket = hashTuple(node) & this.#mask;
    node.next = this.#buckets[bucket];
    this.#buckets[bucket] = node;
  }

  #unlink(node: TupleNode): void {
    const bucket = hashTuple(node) & this.#mask;
    let previous: TupleNode | undefined;
    for (let at = this.#buckets[bucket]; at !== undefined; previous = at, at = at.next) {
      if (at !== node) continue;
      if (previous) previous.next = node.next;
      else this.#buckets[bucket] = node.next;
      node.next = undefined;
      return;
    }
  }

  #rehash(size: number): void {
    this.#buckets = new Array(size).fill(undefined);
    this.#mask = size - 1;
    for (const connection of this.connections) {
      this.#link(connection.original);
      this.#link(connection.reply);
    }
  }
}
