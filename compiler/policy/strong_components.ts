/** Groups of nodes that all reach each other (Tarjan, SIAM J. Comput. 1(2), 1972). */

/** The components, each after those that it leads to. Edges to nodes that are not there are passed over. */
export function strongComponents(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const components: string[][] = [];
  const indexes = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();

  /** Visits a node and returns the lowest index that it leads back to. */
  function visit(node: string): number {
    const index = indexes.size;
    indexes.set(node, index);
    stack.push(node);
    onStack.add(node);
    let lowest = index;
    for (const next of edges.get(node) ?? []) {
      if (!edges.has(next)) continue;
      const seen = indexes.get(next);
      if (seen === undefined) lowest = Math.min(lowest, visit(next));
      else if (onStack.has(next)) lowest = Math.min(lowest, seen);
    }
    if (lowest === index) {
      const component = stack.splice(stack.lastIndexOf(node));
      for (const member of component) onStack.delete(member);
      components.push(component);
    }
    return lowest;
  }

  for (const node of edges.keys()) if (!indexes.has(node)) visit(node);
  return components;
}
