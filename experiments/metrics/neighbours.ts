import { eachRow } from './distances.js';

/** Of each row the nearest others, `count` of them in ascending order: `index[i * count + k]` at `distance[i * count + k]`. */
export interface Neighbours {
  readonly count: number;
  readonly index: Int32Array;
  readonly distance: Float64Array;
}

/** The nearest other rows of each row of d numbers; as many as there are, if fewer. */
export const nearestOthers = (rows: Float64Array, d: number, asked: number): Neighbours => {
  const n = rows.length / d;
  const count = Math.min(asked, n - 1);
  const index = new Int32Array(n * count).fill(-1);
  const distance = new Float64Array(n * count).fill(Infinity);
  const insert = (i: number, j: number, value: number): void => {
    let at = (i + 1) * count - 1;
    if (!(value < distance[at])) return;
    for (; at > i * count && distance[at - 1] > value; at--) {
      distance[at] = distance[at - 1];
      index[at] = index[at - 1];
    }
    distance[at] = value;
    index[at] = j;
  };
  if (count > 0) {
    eachRow(rows, d, (i, distances) => {
      for (let j = 0; j < i; j++) {
        insert(i, j, distances[j]);
        insert(j, i, distances[j]);
      }
    });
  }
  return { count, index, distance };
};

/** Distances from a row to all rows. */
const distancesFrom = (row: Float64Array, rows: Float64Array): Float64Array => {
  const d = row.length;
  return Float64Array.from({ length: rows.length / d }, (_, j) => {
    let square = 0;
    for (let k = 0; k < d; k++) square += (row[k] - rows[j * d + k]) ** 2;
    return Math.sqrt(square);
  });
};

/**
 * The k-th nearest other row of row i where row j is there `counts[j]` times, as [index, distance]; a row that is there twice
 * is its own neighbour. Looks in the list of neighbours first, and through all rows where too many of the list are left out. Distance NaN if there
 * are fewer than k others.
 */
export const nearestAmong = (
  { count, index, distance }: Neighbours,
  rows: Float64Array,
  d: number,
  counts: ArrayLike<number>,
  i: number,
  k: number,
): readonly [index: number, distance: number] => {
  let missing = k - (counts[i] - 1);
  if (missing <= 0) return [i, 0];
  for (let at = i * count; at < (i + 1) * count; at++) {
    missing -= counts[index[at]];
    if (missing <= 0) return [index[at], distance[at]];
  }
  const all = distancesFrom(rows.subarray(i * d, (i + 1) * d), rows);
  missing = k - (counts[i] - 1);
  for (const j of Array.from(all.keys()).sort((a, b) => all[a] - all[b])) {
    if (j !== i) missing -= counts[j];
    if (missing <= 0) return [j, all[j]];
  }
  return [-1, NaN];
};
