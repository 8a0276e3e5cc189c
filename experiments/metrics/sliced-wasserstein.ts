import type { Batch } from '../../src/array/batch.js';
import { randomStream } from '../../src/random/index.js';
import type { EmpiricalLaw, Metric, Mixture, Statistic } from '../metric.js';
import {
  type LineLaw,
  lineLaw,
  lineLawOfPoints,
  projectMixture,
  squaredWasserstein,
} from './projected-law.js';
import { ranked, weightsByRank } from './ranks.js';
import { lazy, vectors } from './samples.js';

/** Unit vectors, uniform on the sphere and the same in every run; on the line there is one direction. */
const unitVectors = (dimension: number, count: number): Float64Array[] => {
  if (dimension === 1) return [Float64Array.of(1)];
  const random = randomStream(0, 'sliced-wasserstein');
  return Array.from({ length: count }, () => {
    const direction = Float64Array.from({ length: dimension }, () => random.normal());
    const norm = Math.hypot(...direction);
    return direction.map((x) => x / norm);
  });
};

const projection = (rows: Float64Array, direction: Float64Array): Float64Array => {
  const d = direction.length;
  const out = new Float64Array(rows.length / d);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += rows[i * d + k] * direction[k];
    out[i] = sum;
  }
  return out;
};

/** What makes the law of `direction · X`. */
const projector = (law: Mixture | EmpiricalLaw): ((direction: Float64Array) => LineLaw) => {
  if (!('items' in law)) return (direction) => lineLaw(projectMixture(law, direction));
  const rows = new Float64Array(law.items.data);
  return (direction) => lineLawOfPoints(projection(rows, direction));
};

/**
 * The sliced 2-Wasserstein distance, `sqrt(mean over directions of W2²)` (Bonneel et al. 2015, "Sliced and Radon Wasserstein
 * barycenters of measures"), over 128 fixed random directions. Each W2 on the line is between the projected samples and the
 * exact projected law of the mixture, or that of the items, so the truth adds no sampling error. In the unit of the data; in one variable it is W2.
 */
export const slicedWasserstein = (law: Mixture | EmpiricalLaw, directions = 128): Metric => {
  const id = 'sliced-wasserstein';
  const laws = lazy(() => {
    const project = projector(law);
    return unitVectors(law.dimension, directions).map((direction) => ({
      direction,
      law: project(direction),
    }));
  });
  const over = (samples: Batch): Statistic => {
    const rows = vectors(id, samples, law.dimension);
    const slices = laws().map(({ direction, law }) => ({ law, points: ranked(projection(rows, direction)) }));
    return (indices) => {
      if (indices.length === 0) return NaN;
      const squares = slices.map(({ law, points }) =>
        squaredWasserstein(law, points.sorted, weightsByRank(points, indices)),
      );
      return Math.sqrt(squares.reduce((a, b) => a + b, 0) / squares.length);
    };
  };
  return Object.freeze({
    id,
    unit: 'data',
    description: 'root mean square over random directions of the 2-Wasserstein distance on the line',
    reference: 'Bonneel et al. 2015',
    bounds: { low: 0 },
    over,
  });
};
