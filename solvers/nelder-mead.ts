/** What a search found: the point, the value there, and how often the function was asked. */
export interface Minimum {
  readonly point: readonly number[];
  readonly value: number;
  readonly evaluations: number;
}

export interface NelderMeadOptions {
  /** Length of the first simplex's edges. */
  readonly size: number;
  /** Calls of the function at most, that at the start included. */
  readonly evaluations: number;
  /** A simplex that is smaller is given up, and a new one is set up around its best point. */
  readonly collapsed?: number;
}

type Vertex = readonly [point: readonly number[], value: number];

/** `a + weight (b - a)`, coordinate by coordinate. */
const towards = (a: readonly number[], b: readonly number[], weight: number): number[] =>
  a.map((value, i) => value + weight * (b[i] - value));

/**
 * Minimises a function without derivatives: Nelder & Mead 1965 with the dimension-dependent coefficients of Gao & Han 2012,
 * started again from its best point, with edges of alternating sign, whenever the simplex collapses. Deterministic. `Infinity`
 * is a value like any other: points out of bounds. The minimum is never above the value at the start.
 */
export const nelderMead = async (
  f: (point: readonly number[]) => Promise<number>,
  start: readonly number[],
  { size, evaluations: most, collapsed = 1e-3 }: NelderMeadOptions,
): Promise<Minimum> => {
  let evaluations = 0;
  let best: Vertex = [start, Infinity];
  const left = (): boolean => evaluations < most;
  const at = async (point: readonly number[]): Promise<Vertex> => {
    if (!left()) return [point, Infinity];
    evaluations++;
    const vertex: Vertex = [point, await f(point)];
    if (vertex[1] < best[1]) best = vertex;
    return vertex;
  };

  await at(start);
  const n = start.length;
  // Gao & Han, eq. 4.1; below two dimensions their shrinkage would be 0
  const d = Math.max(n, 2);
  const [expansion, contraction, shrinkage] = [1 + 2 / d, 0.75 - 1 / (2 * d), 1 - 1 / d];
  for (let edge = size; n > 0 && left(); edge *= -0.5) {
    let simplex: Vertex[] = [best];
    for (let i = 0; i < n; i++)
      simplex.push(await at(best[0].map((value, j) => value + (i === j ? edge : 0))));
    while (left()) {
      simplex.sort(([, a], [, b]) => a - b);
      const [[lowest, least], [worst, highest]] = [simplex[0], simplex[n]];
      const reach = Math.max(
        ...simplex.flatMap(([point]) => point.map((value, j) => Math.abs(value - lowest[j]))),
      );
      if (reach < collapsed * Math.abs(edge)) break;
      const others = simplex.slice(0, n);
      const centre = lowest.map((_, j) => others.reduce((sum, [point]) => sum + point[j] / n, 0));
      const reflected = await at(towards(centre, worst, -1));
      let next = reflected;
      if (reflected[1] < least) {
        const expanded = await at(towards(centre, reflected[0], expansion));
        if (expanded[1] < reflected[1]) next = expanded;
      } else if (reflected[1] >= simplex[n - 1][1]) {
        const outside = reflected[1] < highest;
        next = await at(towards(centre, outside ? reflected[0] : worst, contraction));
        if (next[1] >= Math.min(reflected[1], highest)) {
          const shrunk: Vertex[] = [simplex[0]];
          for (const [point] of simplex.slice(1)) shrunk.push(await at(towards(lowest, point, shrinkage)));
          simplex = shrunk;
          continue;
        }
      }
      simplex = [...others, next];
    }
  }
  return { point: best[0], value: best[1], evaluations };
};
