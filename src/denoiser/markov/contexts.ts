/**
 * The contexts of length 0 to m that occur in a text, as an automaton. The text is read as a ring: so every context has a
 * successor, every substring of a context is a context, and the counts are those of a stationary chain.
 */

/** The contexts of one length, numbered in alphabetical order. */
interface Level {
  readonly size: number;
  /** [size, K]: how often a class follows a context. */
  readonly counts: Int32Array;
  /** [size, K]: the number, one level up, of the context with a class appended, or -1 where that does not occur. */
  readonly longer: Int32Array;
}

/** The levels 0 to `order`: two passes over the text a level, no table larger than the contexts that occur, times K. */
export const countContexts = (text: Uint8Array, classes: number, order: number): Level[] => {
  const levels: Level[] = [];
  // for each position the number of the context that ends there
  const at = new Int32Array(text.length);
  for (let depth = 0, size = 1; depth <= order; depth++) {
    const counts = new Int32Array(size * classes);
    for (let i = 0, before = at[text.length - 1]; i < text.length; before = at[i++]) {
      counts[before * classes + text[i]]++;
    }
    let next = 0;
    const longer = counts.map((count) => (count > 0 ? next++ : -1));
    levels.push({ size, counts, longer });
    if (depth === order) break;
    for (let i = 0, before = at[text.length - 1]; i < text.length; i++) {
      const here = longer[before * classes + text[i]];
      before = at[i];
      at[i] = here;
    }
    size = next;
  }
  return levels;
};

/** The states of the chain and where they lead (see `MarkovChain`, which explains the fields). */
export interface Automaton {
  /** Their classes, the last one first. In the order of these, states that share an ending lie side by side. */
  readonly reversed: readonly string[];
  readonly group: Int32Array;
  readonly destination: Int32Array;
  /** How often a state's context is followed by each class. */
  successors(state: number): Int32Array;
}

/**
 * States: the contexts of length m, and the shorter ones that are reached when a class follows that never did so in the text.
 * The state after c and k is the longest suffix of ck that is a context (Aho and Corasick 1975). Which one depends on the
 * longest proper suffix of c only, at most m - 1 long: states that share it are a group.
 */
export const contextAutomaton = (levels: readonly Level[], classes: number): Automaton => {
  const order = levels.length - 1;
  const first = levels.map((_, depth) => levels.slice(0, depth).reduce((sum, { size }) => sum + size, 0));
  const nodes = first[order] + levels[order].size;

  const reversed = new Array<string>(nodes).fill('');
  const suffix = new Int32Array(nodes);
  const after = new Int32Array(first[order] * classes); // of the contexts shorter than m
  for (let depth = 0; depth < order; depth++) {
    const { size, longer } = levels[depth];
    for (let i = 0; i < size; i++) {
      const node = first[depth] + i;
      for (let k = 0; k < classes; k++) {
        const fallback = depth === 0 ? -1 : after[suffix[node] * classes + k];
        const child = longer[i * classes + k];
        after[node * classes + k] = child < 0 ? fallback : first[depth + 1] + child;
        if (child < 0) continue;
        suffix[first[depth + 1] + child] = depth === 0 ? 0 : fallback;
        reversed[first[depth + 1] + child] = String.fromCharCode(k) + reversed[node];
      }
    }
  }
  const groupNode = (node: number): number => (node < first[order] ? node : suffix[node]);

  const reached = new Set<number>();
  const groupsSeen = new Set<number>();
  const queue = Array.from({ length: levels[order].size }, (_, i) => first[order] + i);
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    reached.add(node);
    const group = groupNode(node);
    if (groupsSeen.has(group)) continue;
    groupsSeen.add(group);
    for (const to of after.subarray(group * classes, (group + 1) * classes)) {
      if (to >= 0 && !reached.has(to)) queue.push(to);
    }
  }

  const states = [...reached].sort((a, b) => (reversed[a] < reversed[b] ? -1 : 1));
  const stateOf = new Map(states.map((node, state) => [node, state]));
  const groups = [...new Set(states.map(groupNode))];
  const groupOf = new Map(groups.map((node, group) => [node, group]));
  return {
    reversed: states.map((node) => reversed[node]),
    group: Int32Array.from(states, (node) => groupOf.get(groupNode(node)) ?? -1),
    destination: Int32Array.from(
      groups.flatMap((node) => Array.from(after.subarray(node * classes, (node + 1) * classes))),
      (node) => stateOf.get(node) ?? -1,
    ),
    successors: (state) => {
      const node = states[state];
      const depth = reversed[node].length;
      const row = (node - first[depth]) * classes;
      return levels[depth].counts.subarray(row, row + classes);
    },
  };
};
