import type { TopLevelSpec } from 'vega-lite';
import type { Json } from '../../src/json.js';

/** What a figure shows, as numbers and as a Vega-Lite picture of them. */
export interface Drawing {
  /** What it was drawn with. */
  readonly parameters: Readonly<Record<string, Json>>;
  /** The few numbers that the figure is about, by what they are; the command prints them. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** The numbers that are plotted. */
  readonly data: Json;
  readonly spec: TopLevelSpec;
}

/** A figure: what draws it is a pure function, so that the same figure has the same bytes. */
export interface Figure {
  /** Kebab-case: also the name of its files. */
  readonly id: string;
  /** What it shows, in one line. */
  readonly description: string;
  /** The figure of a paper that it draws again, or the formulas that it draws. */
  readonly source: string;
  draw(): Drawing | Promise<Drawing>;
}

const graves = 'Graves et al. 2023, arXiv:2308.07037';

/** How a figure that draws one of the BFN paper's names its source: parameters are the paper's where they are known. */
export const paperFigure = (number: number): string => `after ${graves}, figure ${number}`;

/** A number to six significant digits: what a picture can show, and the same text on machines that differ in the last bit. */
export const rounded = (value: number): number => Number(value.toPrecision(6));

/** A number of a heat map, to two decimals: finer than its colours. */
export const coarse = (value: number): number => Number(value.toFixed(2)) + 0;

/** `count` numbers from `first` to `last`, equally spaced, both ends included. */
export const linear = (first: number, last: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => first + ((last - first) * i) / (count - 1));

/** Where a decreasing function is `level`, by bisection of an interval that holds the place. */
export const crossing = (
  f: (x: number) => number,
  level: number,
  [low, high]: readonly [number, number],
): number => {
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (f(middle) > level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** Points of a curve as rows of a table, with what names the curve. */
export const curve = <Name extends object>(
  name: Name,
  xs: readonly number[],
  f: (x: number) => number,
): readonly (Name & { readonly x: number; readonly y: number })[] =>
  xs.map((x) => ({ ...name, x: rounded(x), y: rounded(f(x)) }));
