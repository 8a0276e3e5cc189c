import { encode } from 'fast-png';
import type { TopLevelSpec } from 'vega-lite';
import { viridisAt } from './colours.js';

/** One layer of a panel, and one panel of a figure, as Vega-Lite has them. */
export type Layer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];
export type Panel = Extract<TopLevelSpec, { hconcat: unknown }>['hconcat'][number];

type Rows = readonly object[];
export type Range = readonly [number, number];

/** How one line of several is told apart: always by more than its colour. */
export interface Stroke {
  readonly colour: string;
  /** Lengths on and off; solid if not given. */
  readonly dash?: readonly number[];
}

export interface LineOptions {
  readonly width?: number;
  readonly legend?: object | null;
  readonly opacity?: number;
}

export interface AxisOptions {
  readonly title: string | null;
  readonly domain: Range;
  /** Logarithmic or linear; linear if not given. */
  readonly log?: boolean;
  readonly axis?: object | null;
}

const axisOf = ({ title, domain, log = false, axis = {} }: AxisOptions): object => ({
  datum: domain[0],
  type: 'quantitative',
  scale: { type: log ? 'log' : 'linear', domain: [...domain], nice: false, ...(log ? {} : { zero: false }) },
  axis: axis === null ? null : { title, ...axis },
});

/** The axes of a panel, and nothing else: the first layer of each. */
export const frame = (x: AxisOptions, y: AxisOptions): Layer => ({
  data: { values: [{}] },
  mark: { type: 'point', opacity: 0, aria: false },
  encoding: { x: axisOf(x), y: axisOf(y) },
});

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** An axis with labels at powers of ten, as they are written. */
export const powersOfTen = (exponents: readonly number[]): object => {
  const power = (exponent: number): string =>
    `10${exponent < 0 ? '⁻' : ''}${[...String(Math.abs(exponent))].map((digit) => superscripts[Number(digit)]).join('')}`;
  const texts = exponents.map((exponent) => `'${power(exponent)}'`).join(', ');
  return {
    values: exponents.map((exponent) => 10 ** exponent),
    labelExpr: `[${texts}][round(log(datum.value) / LN10) - (${exponents[0]})]`,
  };
};

/** Lines through rows `{ x, y, name }`, one a name, in the order of the rows. */
export const lines = (
  rows: Rows,
  strokes: Readonly<Record<string, Stroke>>,
  { width = 1.8, legend = null, opacity = 1 }: LineOptions = {},
): Layer => {
  const domain = Object.keys(strokes);
  const styles = Object.values(strokes);
  const key = legend === null ? null : { title: null, symbolType: 'stroke' as const, ...legend };
  return {
    data: { values: [...rows] },
    mark: { type: 'line', strokeWidth: width, opacity, clip: true },
    encoding: {
      x: { field: 'x', type: 'quantitative' },
      y: { field: 'y', type: 'quantitative' },
      color: {
        field: 'name',
        type: 'nominal',
        scale: { domain, range: styles.map(({ colour }) => colour) },
        legend: key,
      },
      strokeDash: {
        field: 'name',
        type: 'nominal',
        scale: { domain, range: styles.map(({ dash }) => [...(dash ?? [1, 0])]) },
        legend: key,
      },
    },
  };
};

/** Lines that need not be told apart, one a name, through rows `{ x, y, name }`; in the order of the rows. */
export const paths = (rows: Rows, mark: object): Layer => ({
  data: { values: rows.map((row, order) => ({ ...row, order })) },
  mark: { type: 'line', clip: true, ...mark },
  encoding: {
    x: { field: 'x', type: 'quantitative' },
    y: { field: 'y', type: 'quantitative' },
    detail: { field: 'name', type: 'nominal' },
    order: { field: 'order', type: 'quantitative' },
  },
});

/** White on a thin dark edge: seen on every colour of a map. */
export const pathsOnMap = (rows: Rows, strokeWidth = 1.3): Layer[] => [
  paths(rows, { color: 'black', opacity: 0.5, strokeWidth: strokeWidth + 1 }),
  paths(rows, { color: 'white', strokeWidth }),
];

/** Rules from bottom to top at these places. */
export const verticalLines = (places: readonly number[], mark: object = {}): Layer => ({
  data: { values: places.map((x) => ({ x })) },
  mark: { type: 'rule', ...mark },
  encoding: { x: { field: 'x', type: 'quantitative' } },
});

/** Text at points `{ x, y, text }`. */
export const labels = (rows: Rows, mark: object = {}): Layer => ({
  data: { values: [...rows] },
  mark: { type: 'text', align: 'left', baseline: 'middle', ...mark },
  encoding: {
    x: { field: 'x', type: 'quantitative' },
    y: { field: 'y', type: 'quantitative' },
    text: { field: 'text', type: 'nominal' },
  },
});

/** The heights of a function over a rectangle, at the centres of `columns` x `rows` cells; the first row is the top. */
export interface HeatMap {
  readonly columns: number;
  readonly rows: number;
  readonly values: readonly number[];
}

export const heatMap = (
  x: Range,
  y: Range,
  [columns, rows]: readonly [number, number],
  f: (x: number, y: number) => number,
): HeatMap => {
  const at = ([from, to]: Range, fraction: number): number => from + (to - from) * fraction;
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      values.push(f(at(x, (column + 0.5) / columns), at(y, 1 - (row + 0.5) / rows)));
    }
  }
  return { columns, rows, values };
};

const picture = ({ columns, rows, values }: HeatMap, [low, high]: Range): string => {
  const pixels = new Uint8Array(values.flatMap((value) => viridisAt((value - low) / (high - low))));
  const png = encode({ width: columns, height: rows, data: pixels, channels: 3, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
};

/** A heat map as one picture that fills its panel of that size, viridis over `range`: as rectangles it would be a huge SVG. */
export const heatLayer = (map: HeatMap, range: Range, [width, height]: Range): Layer => ({
  data: { values: [{ url: picture(map, range) }] },
  // its label for screen readers would be the whole picture once more, as text
  mark: { type: 'image', width, height, align: 'left', baseline: 'top', aspect: false, aria: false },
  encoding: { url: { field: 'url', type: 'nominal' }, x: { value: 0 }, y: { value: 0 } },
});

/** The key of a heat map: a panel of its own, to the right of it. `colours` is what viridis spans, where that is more. */
export const colourBar = (range: Range, title: string, height: number, colours: Range = range): Panel => {
  const width = 12;
  const ramp = heatMap([0, 1], range, [1, 64], (_, y) => y);
  return {
    width,
    height,
    layer: [
      frame(
        { title: null, domain: [0, 1], axis: null },
        { title, domain: range, axis: { orient: 'right', titlePadding: 10, tickCount: 5 } },
      ),
      heatLayer(ramp, colours, [width, height]),
    ],
  };
};
