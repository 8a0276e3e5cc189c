import type { SweptCell } from './sweep.js';

/** How far from the truth a candidate is at a number of calls. */
export interface Score {
  /** The worst of its metrics, each the mean of its cells: up to 1 it lies within the interval of true samples by all. Infinite where it has no result. */
  readonly score: number;
  /** Of that metric. */
  readonly standardError: number;
  /** That metric. */
  readonly metric?: string;
}

/** The score of one candidate at one number of calls, from cells of one size. */
export const scoreOf = (cells: readonly SweptCell[]): Score => {
  const ratios = cells.flatMap(({ ratios: of }) => (of ? [of] : []));
  if (cells.length === 0 || ratios.length < cells.length) return { score: Infinity, standardError: 0 };
  return Object.keys(ratios[0])
    .map((metric): Score => {
      const values = ratios.map((one) => one[metric]);
      const sum = values.reduce((total, [ratio]) => total + ratio, 0);
      const squares = values.reduce((total, [, error]) => total + error ** 2, 0);
      return { score: sum / values.length, standardError: Math.sqrt(squares) / values.length, metric };
    })
    .reduce((worst, one) => (one.score > worst.score ? one : worst));
};
