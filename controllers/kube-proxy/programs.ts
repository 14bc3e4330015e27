import type { ProxiedNodeFacts } from './proxier.ts';
import type { ProxiedPort } from './service-port.ts';

/** How a proxy mode turns ports into a program for a node, and two programs into a change. */
interface Compiler<Node extends ProxiedNodeFacts, Part, Program, Difference> {
  compile(port: ProxiedPort, node: Node): Part;
  /** What of a node a port's part is made from besides the port; the same for all nodes: undefined. */
  partKey(port: ProxiedPort, node: Node): string | undefined;
  assemble(parts: readonly Part[], node: Node): Program;
  /** What of a node a program is made from besides the parts. */
  programKey(node: Node): string;
  difference(before: Program, after: Program): Difference;
}

/**
 * The programs of all nodes. What does not depend on the node is compiled once for each version of a port, a
 * program that is the same for all nodes is put together once, and a step from one to the next is found once.
 */
export class Programs<Node extends ProxiedNodeFacts, Part, Program, Difference> {
  readonly #compiler: Compiler<Node, Part, Program, Difference>;
  readonly #everywhere = new WeakMap<ProxiedPort, Part>();
  readonly #onNode = new WeakMap<ProxiedPort, Map<string, Part>>();
  #latest:
    | { readonly ports: readonly ProxiedPort[]; readonly key: string; readonly program: Program }
    | undefined;
  #step: { readonly before: Program; readonly after: Program; readonly difference: Difference } | undefined;

  constructor(compiler: Compiler<Node, Part, Program, Difference>) {
    this.#compiler = compiler;
  }

  of(ports: readonly ProxiedPort[], node: Node): Program {
    const key = this.#compiler.programKey(node);
    if (this.#latest?.ports === ports && this.#latest.key === key) return this.#latest.program;
    let isShared = true;
    const parts = ports.map((port) => {
      const partKey = this.#compiler.partKey(port, node);
      if (partKey !== undefined) isShared = false;
      return this.#part(port, node, partKey);
    });
    const program = this.#compiler.assemble(parts, node);
    if (isShared) this.#latest = { ports, key, program };
    return program;
  }

  difference(before: Program, after: Program): Difference {
    if (this.#step?.before !== before || this.#step.after !== after) {
      this.#step = { before, after, difference: this.#compiler.difference(before, after) };
    }
    return this.#step.difference;
  }

  #part(port: ProxiedPort, node: Node, key: string | undefined): Part {
    const compile = (): Part => this.#compiler.compile(port, node);
    if (key === undefined) return remember(this.#everywhere, port, compile);
    return remember(
      remember(this.#onNode, port, () => new Map<string, Part>()),
      key,
      compile,
    );
  }
}

interface Memory<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

function remember<K, V>(memory: Memory<K, V>, key: K, make: () => V): V {
  let value = memory.get(key);
  if (value === undefined) {
    value = make();
    memory.set(key, value);
  }
  return value;
}
