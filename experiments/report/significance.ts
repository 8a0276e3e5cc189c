import type { MetricValue } from '../comparison.js';
import { type Section, type SectionCell, toMeet } from './sections.js';

/** How far a metric is from where it should be, with its interval: the metric itself where that is a distance. */
const distanceOf = (
  { value, low, high }: MetricValue,
  target: number | undefined,
): Omit<MetricValue, 'floor'> => {
  if (target === undefined) return { value, low, high };
  const [distance, reach] = [Math.abs(value - target), Math.max(high - value, value - low)];
  return { value: distance, low: Math.max(0, distance - reach), high: distance + reach };
};

/**
 * Whether a cell beats another by a metric: by the corrected test of the comparison, where it has made one; else where their 95%
 * intervals lie apart.
 */
export const beats = (section: Section, metric: string, one: SectionCell, other: SectionCell): boolean => {
  const pair = [one.label, other.label];
  const test = section.tests.find(
    ({ metric: of, nfe, solvers }) =>
      of === metric &&
      [one, other].every((cell) => cell.nfe === nfe) &&
      solvers.every((label) => pair.includes(label)),
  );
  if (test) return test.better === one.label;
  const target = toMeet(section.problem, metric);
  return distanceOf(one.metrics[metric], target).high < distanceOf(other.metrics[metric], target).low;
};

/** The cell that is nearest to where a metric should be, the first of equals; undefined if none has it. */
export const nearest = (
  section: Section,
  metric: string,
  cells: readonly SectionCell[],
): SectionCell | undefined => {
  const target = toMeet(section.problem, metric);
  const distance = ({ metrics }: SectionCell): number => distanceOf(metrics[metric], target).value;
  return cells
    .filter(({ metrics }) => metrics[metric])
    .reduce<SectionCell | undefined>(
      (best, next) => (best && distance(best) <= distance(next) ? best : next),
      undefined,
    );
};
