/** A set of places that rules are called from; what the bits stand for is the user's. */
export type Places = number;

/** A chain of rules, or what else leads to chains. */
export interface Callable {
  /** From where it is called, or was: see Callers. */
  places: Places;
}

/** How things lead to one another. `Site` is what a change is told by in messages. */
export interface CallGraph<Node extends Callable, Site> {
  eachTarget(node: Node, visit: (target: Node) => void): void;
  /** From where all that is in a node may be called. */
  allowedAt(node: Node): Places;
  /** All nodes that a change may touch, and the places that those are called from which packets meet first. */
  all(site: Site): Iterable<{ readonly node: Node; readonly own: Places }>;
}

/**
 * Finds rules that are called from a place that they are not for. Nodes remember the places that they were ever
 * called from, so that a change costs no more than what it newly leads to; what looks wrong so is looked at again
 * without memory, since a way may be gone.
 */
export class Callers<Node extends Callable, Site> {
  readonly #graph: CallGraph<Node, Site>;
  readonly #links: { readonly from: Node; readonly to: Node; readonly site: Site }[] = [];
  readonly #limited = new Map<Node, Site>();

  constructor(graph: CallGraph<Node, Site>) {
    this.#graph = graph;
  }

  /** `from` leads to `to` now. */
  link(from: Node, to: Node, site: Site): void {
    this.#links.push({ from, to, site });
  }

  /** Something new in `node` is not for every place. */
  limit(node: Node, site: Site): void {
    this.#limited.set(node, site);
  }

  /** A change after which something would be called from where it must not be. */
  misplaced(): Site | undefined {
    const suspects = new Map<Node, Site>();
    const news = new News<Node, Site>(this.#graph);
    // Those of before the change only: a new way from a place is told of where it begins.
    const known = this.#links.filter(({ from }) => from.places !== 0);
    for (const { from, to, site } of known) news.tell(to, from.places, site);
    news.spread((node, site) => {
      if (this.#isMisplaced(node)) suspects.set(node, site);
    });
    for (const [node, site] of this.#limited) {
      if (!suspects.has(node) && this.#isMisplaced(node)) suspects.set(node, site);
    }
    for (const [node, site] of suspects) {
      this.#lookAgain(site);
      if (this.#isMisplaced(node)) return site;
    }
    return undefined;
  }

  #isMisplaced(node: Node): boolean {
    return (node.places & ~this.#graph.allowedAt(node)) !== 0;
  }

  #lookAgain(site: Site): void {
    const nodes = [...this.#graph.all(site)];
    for (const { node } of nodes) node.places = 0;
    const news = new News<Node, Site>(this.#graph);
    for (const { node, own } of nodes) news.tell(node, own, site);
    news.spread(() => {});
  }
}

/** Nodes that are called from more places than they knew, and have not passed that on yet. */
class News<Node extends Callable, Site> {
  readonly #graph: CallGraph<Node, Site>;
  readonly #waiting = new Map<Node, Site>();

  constructor(graph: CallGraph<Node, Site>) {
    this.#graph = graph;
  }

  tell(node: Node, places: Places, site: Site): void {
    if ((node.places | places) === node.places) return;
    node.places |= places;
    this.#waiting.set(node, site);
  }

  /** To all that can be reached; a node that hears more later comes again. */
  spread(onNews: (node: Node, site: Site) => void): void {
    for (const [node, site] of this.#waiting) {
      this.#waiting.delete(node);
      onNews(node, site);
      this.#graph.eachTarget(node, (next) => this.tell(next, node.places, site));
    }
  }
}
