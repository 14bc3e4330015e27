import type { ProxiedPort } from './service-port.ts';

/** What a node may differ from others in. */
export interface ProxiedNodeFacts {
  readonly nodeName: string;
  readonly nodeIp: string;
  /** Empty if the node says none. */
  readonly zone: string;
}

/** How a proxy mode turns ports into a program for a node, and two programs into a change. */
interface Compiler<Part, Program, Difference> {
  compile(port: ProxiedPort, node: ProxiedNodeFacts): Part;
  /** Whether two nodes may have different parts for a port. */
  dependsOnNode(port: ProxiedPort): boolean;
  assemble(parts: readonly Part[]): Program;
  difference(before: Program, after: Program): Difference;
}

/**
 * The programs of all nodes. What does not depend on the node is compiled once for each version of a port, a
 * program that is the same for all nodes is put together once, and a step from one to the next is found once.
 */
export class Programs<Part, Program, Difference> {
  readonly #compiler: Compiler<Part, Program, Difference>;
  readonly #everywhere = new WeakMap<ProxiedPort, Part>();
  readonly #onNode = new WeakMap<ProxiedPort, Map<string, Part>>();
  #latest: { readonly ports: readonly ProxiedPort[]; readonly program: Program } | undefined;
  #step: { readonly before: Program; readonly after: Program; readonly difference: Difference } | undefined;

  constructor(compiler: Compiler<Part, Program, Difference>) {
    this.#compiler = compiler;
  }

  of(ports: readonly ProxiedPort[], node: ProxiedNodeFacts): Program {
    if (this.#latest?.ports === ports) return this.#latest.program;
    const program = this.#compiler.assemble(ports.map((port) => this.#part(port, node)));
    if (!ports.some((port) => this.#compiler.dependsOnNode(port))) this.#latest = { ports, program };
    return program;
  }

  difference(before: Program, after: Program): Difference {
    if (this.#step?.before !== before || this.#step.after !== after) {
      this.#step = { before, after, difference: this.#compiler.difference(before, after) };
    }
    return this.#step.difference;
  }

  #part(port: ProxiedPort, node: ProxiedNodeFacts): Part {
    const compile = (): Part => this.#compiler.compile(port, node);
    if (!this.#compiler.dependsOnNode(port)) return remember(this.#everywhere, port, compile);
    const nodes = remember(this.#onNode, port, () => new Map<string, Part>());
    return remember(nodes, `${node.nodeName} ${node.nodeIp} ${node.zone}`, compile);
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
