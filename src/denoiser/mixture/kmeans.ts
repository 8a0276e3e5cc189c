import type { Floats } from '../../array/batch.js';
import type { RandomStream } from '../../random/index.js';

/** |row i of a - row j of b|², rows of length d. */
const squaredDistance = (a: Floats, i: number, b: Floats, j: number, d: number): number => {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += (a[i * d + k] - b[j * d + k]) ** 2;
  return sum;
};

/** An index drawn in proportion to the weights; -1 if all are 0. */
const drawIndex = (weights: Float64Array, { uniform }: RandomStream): number => {
  let left = uniform() * weights.reduce((a, b) => a + b, 0);
  const found = weights.findIndex((weight) => weight > 0 && (left -= weight) < 0);
  return found >= 0 ? found : weights.findLastIndex((weight) => weight > 0);
};

/**
 * k-means++ (Arthur and Vassilvitskii 2007): each next centre is a row drawn in proportion to its squared distance to the
 * nearest centre so far. Fewer than k where the rows hold fewer distinct points. [found, d].
 */
const seedCentres = (rows: Float64Array, d: number, k: number, stream: RandomStream): Float64Array => {
  const n = rows.length / d;
  const centres = new Float64Array(k * d);
  const nearest = new Float64Array(n).fill(1);
  for (let c = 0; c < k; c++) {
    const chosen = drawIndex(nearest, stream);
    if (chosen < 0) return centres.slice(0, c * d);
    centres.set(rows.subarray(chosen * d, (chosen + 1) * d), c * d);
    for (let i = 0; i < n; i++) {
      const distance = squaredDistance(rows, i, centres, c, d);
      nearest[i] = c === 0 ? distance : Math.min(nearest[i], distance);
    }
  }
  return centres;
};

/** The index of the nearest centre of every row; true if one changed. */
const assign = (rows: Float64Array, d: number, centres: Float64Array, labels: Int32Array): boolean => {
  let changed = false;
  for (let i = 0; i < labels.length; i++) {
    let [best, least] = [0, Infinity];
    for (let c = 0; c * d < centres.length; c++) {
      const distance = squaredDistance(rows, i, centres, c, d);
      if (distance < least) [best, least] = [c, distance];
    }
    changed ||= labels[i] !== best;
    labels[i] = best;
  }
  return changed;
};

/** Every centre to the mean of its rows; a centre without rows stays. */
const recentre = (rows: Float64Array, d: number, centres: Float64Array, labels: Int32Array): void => {
  const counts = new Float64Array(centres.length / d);
  labels.forEach((c) => counts[c]++);
  counts.forEach((count, c) => count > 0 && centres.fill(0, c * d, (c + 1) * d));
  labels.forEach((c, i) => {
    for (let j = 0; j < d; j++) centres[c * d + j] += rows[i * d + j] / counts[c];
  });
};

/** Cluster labels of the rows, [n]: k-means++ and Lloyd's iterations. */
export const kMeans = (
  rows: Float64Array,
  d: number,
  k: number,
  stream: RandomStream,
  iterations = 30,
): Int32Array => {
  const centres = seedCentres(rows, d, k, stream);
  const labels = new Int32Array(rows.length / d).fill(-1);
  for (let i = 0; i < iterations && assign(rows, d, centres, labels); i++) {
    recentre(rows, d, centres, labels);
  }
  return labels;
};
