import type { Config } from 'vega-lite';
import type { AxisOptions, Range } from '../figures/layers.js';
import { tones } from './series.js';

/** What all plots of a report share. */
export const plotConfig: Config = {
  background: tones.paper[0],
  axis: {
    grid: true,
    gridColor: tones.grid[0],
    domainColor: tones.line[0],
    tickColor: tones.line[0],
    labelColor: tones.soft[0],
    titleColor: tones.ink[0],
    labelFontSize: 12,
    titleFontSize: 12.5,
  },
  legend: { labelColor: tones.ink[0], labelFontSize: 12, symbolSize: 80 },
  text: { fontSize: 11.5 },
};

const decade = (digits: readonly number[], [low, high]: Range): number[] => {
  const exponents = { first: Math.floor(Math.log10(low)), last: Math.floor(Math.log10(high)) };
  const values: number[] = [];
  for (let exponent = exponents.first; exponent <= exponents.last; exponent++) {
    values.push(...digits.map((digit) => Number(`${digit}e${exponent}`)));
  }
  return values.filter((value) => value >= low && value <= high);
};

/** Marks at powers of ten if those are enough, else also between them; undefined within a decade, where equal steps are read better. */
const logMarks = (domain: Range): number[] | undefined =>
  [[1], [1, 3], [1, 2, 5]].map((digits) => decade(digits, domain)).find((values) => values.length >= 4);

/** A logarithmic axis around values above 0, with marks of its own choice if none are given. */
export const logAxis = (title: string, values: readonly number[], marks?: readonly number[]): AxisOptions => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const space = Math.max((high / low) ** 0.06, 1.08);
  const domain: Range = [low / space, high * space];
  const places = marks ? [...marks] : logMarks(domain);
  return {
    title,
    domain,
    log: true,
    axis: { format: '~g', ...(places ? { values: places } : { tickCount: 5 }) },
  };
};

/** A linear axis around values. */
export const linearAxis = (title: string, values: readonly number[]): AxisOptions => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const space = 0.06 * (high - low) || Math.abs(high) || 1;
  return { title, domain: [low - space, high + space], axis: { format: '~g', tickCount: 6 } };
};
