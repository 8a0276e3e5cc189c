import type { MetricValue } from '../../../experiments/comparison.js';
import type { Section, SectionCell } from '../../../experiments/report/sections.js';

export interface Interval {
  readonly value: number;
  readonly reach: number;
}

const metricOf = ({ value, reach }: Interval, floor: number): MetricValue => ({
  ...{ value, low: value - reach, high: value + reach, floor },
});

export interface Options {
  readonly truth?: number;
  readonly unit?: string;
  readonly floor?: number;
  /** Calls of the values of each solver; default: one number of calls, 10. */
  readonly nfe?: readonly number[];
}

/** A section with these values of each metric, of solvers s0 (the baseline), s1, … one after the other, each at every NFE; every metric is one of quality. */
export const someSection = (
  metrics: Readonly<Record<string, readonly Interval[]>>,
  { truth, unit = '', floor = 0.01, nfe = [10] }: Options = {},
): Section => {
  const ids = Object.keys(metrics);
  const count = metrics[ids[0]].length;
  const cells = Array.from({ length: count }, (_, i): SectionCell => ({
    problem: 'toy',
    solver: `s${Math.floor(i / nfe.length)}`,
    label: `s${Math.floor(i / nfe.length)}`,
    nfe: nfe[i % nfe.length],
    status: 'ok',
    metrics: Object.fromEntries(ids.map((id) => [id, metricOf(metrics[id][i], floor)])),
    settings: {},
    seconds: { sampling: 1 + i, metrics: 1 },
  }));
  const about = {
    ...{ unit, description: '' },
    floor: { value: floor, low: 0, high: 2 * floor, standardError: floor / 2 },
    ...(truth === undefined ? {} : { truth }),
  };
  return {
    ...{
      title: 'toy',
      slug: 'toy',
      samples: 100,
      repeats: 1,
      seed: 1,
      settings: {},
      tests: [],
      statements: [],
    },
    problem: {
      ...{ id: 'toy', name: 'toy', parameters: {}, kernel: 'plain', baseline: 's0', quality: ids },
      process: { id: 'bfn-continuous', parameters: {} },
      metrics: Object.fromEntries(ids.map((id) => [id, about])),
    },
    cells,
    nfe,
    solvers: [...new Set(cells.map(({ solver }) => solver))],
  };
};
