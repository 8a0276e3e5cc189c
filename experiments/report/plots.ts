import type { TopLevelSpec } from 'vega-lite';
import type { MetricValue, ProblemReport } from '../comparison.js';
import { type AxisOptions, type Layer, type Range, frame } from '../figures/layers.js';
import { withReach } from '../table.js';
import { linearAxis, logAxis, plotConfig } from './axes.js';
import { type Section, type SectionCell, cellAt, toMeet } from './sections.js';
import { type Series, tones } from './series.js';

/** A plot of a report: `spec` draws it, with a legend where it stands alone. */
export interface Plot {
  /** Also the name of its files. */
  readonly id: string;
  readonly title: string;
  /** What is seen, for those who don't see it. */
  readonly description: string;
  spec(options: { readonly legend: boolean }): TopLevelSpec;
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
  readonly nfe: number;
  readonly solver: string;
  /** What a reader is told at the point. */
  readonly about: string;
}

interface Line {
  readonly series: Series;
  readonly points: readonly Point[];
}

/** Names of the marks of a series, by which the page finds them. */
const marksOf = ({ series, points }: Line, colours: object, symbols: object): Layer[] => {
  const [x, y] = [
    { field: 'x', type: 'quantitative' as const },
    { field: 'y', type: 'quantitative' as const },
  ];
  const data = { values: [...points] };
  const [color] = series.shades;
  return [
    {
      name: `band${series.index}`,
      data,
      mark: { type: 'area', color, opacity: 0.14, aria: false },
      encoding: { x, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
    },
    {
      name: `line${series.index}`,
      data,
      mark: { type: 'line', color, strokeWidth: 1.8, strokeDash: [...series.dash], aria: false },
      encoding: { x, y, order: { field: 'nfe', type: 'quantitative' } },
    },
    {
      name: `point${series.index}`,
      data,
      mark: { type: 'point', filled: true, size: 52, opacity: 1 },
      encoding: {
        ...{ x, y },
        color: { field: 'solver', type: 'nominal', ...colours },
        shape: { field: 'solver', type: 'nominal', ...symbols },
        description: { field: 'about' },
      },
    },
  ];
};

/** A floor without an interval is no sample's: it is the error of what was solved for. */
export const floorName = ({ low, high }: Pick<MetricValue, 'low' | 'high'>): string =>
  low < high ? 'true samples' : 'error of the reference';

const floorLayers = ({ metrics }: ProblemReport, id: string, x: AxisOptions, y: AxisOptions): Layer[] => {
  const { floor, truth } = metrics[id];
  const level = truth ?? floor.value;
  if (level < y.domain[0] || level > y.domain[1]) return [];
  const within = (value: number): number => Math.min(Math.max(value, y.domain[0]), y.domain[1]);
  const band = {
    ...{ x: x.domain[0], x2: x.domain[1], low: within(floor.low), high: within(floor.high) },
    ...{ y: level, text: truth === undefined ? floorName(floor) : 'truth' },
  };
  const data = { values: [band] };
  const across = { x: { field: 'x', type: 'quantitative' as const }, x2: { field: 'x2' } };
  const height = { field: 'y', type: 'quantitative' as const };
  return [
    {
      data,
      mark: { type: 'rect', color: tones.floor[0], opacity: 0.12, aria: false },
      encoding: { ...across, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
    },
    {
      data,
      mark: { type: 'rule', color: tones.floor[0], strokeDash: [5, 4], strokeWidth: 1.2, aria: false },
      encoding: { ...across, y: height },
    },
    {
      data,
      mark: {
        type: 'text',
        color: tones.soft[0],
        align: 'left',
        baseline: 'bottom',
        dx: 4,
        dy: -3,
        aria: false,
      },
      encoding: { x: across.x, y: height, text: { field: 'text' } },
    },
  ];
};

const linesSpec = (
  lines: readonly Line[],
  x: AxisOptions,
  y: AxisOptions,
  floor: readonly Layer[],
  description: string,
  legend: boolean,
): TopLevelSpec => {
  const drawn = lines.filter(({ points }) => points.length > 0).map(({ series }) => series);
  const key = legend ? { title: null, orient: 'bottom' as const, columns: 2, symbolType: 'circle' } : null;
  const domain = drawn.map(({ solver }) => solver);
  const colours = { scale: { domain, range: drawn.map(({ shades }) => shades[0]) }, legend: key };
  const symbols = { scale: { domain, range: drawn.map(({ symbol }) => symbol) }, legend: key };
  return {
    ...{ description, width: 370, height: 240, config: plotConfig },
    layer: [frame(x, y), ...floor, ...lines.flatMap((line) => marksOf(line, colours, symbols))],
  };
};

const inDomain = (value: number, [low, high]: Range): number => Math.min(Math.max(value, low), high);

/** The axis of a metric: logarithmic for a distance, linear for a value to be met or where some are not above 0. */
const metricAxis = (section: Section, id: string): AxisOptions => {
  const { unit, floor, truth } = section.problem.metrics[id];
  const title = unit === '' ? id : `${id} (${unit})`;
  const values = section.cells.flatMap(({ metrics }) => metrics[id] ?? []);
  const level = truth ?? floor.value;
  const least = Math.min(...values.map(({ value }) => value));
  // a floor that is far below all values would press them together
  const centres = [
    ...values.map(({ value }) => value),
    ...(truth === undefined && level < least / 30 ? [] : [level]),
  ];
  if (toMeet(section.problem, id) === undefined && centres.every((value) => value > 0)) {
    // an interval may reach down to 0, which is not on the axis; far below the floor there is nothing but chance
    const high = values.map((value) => value.high);
    return logAxis(
      title,
      [...centres, ...high].map((value) => Math.max(value, floor.value / 3)),
    );
  }
  const ends = values.flatMap(({ low, high }) => [low, high]);
  return linearAxis(title, [...centres, floor.low, floor.high, ...ends]);
};

/** Milliseconds of sampling for one sample, where the clock has been recorded. */
const millisecondsOf = (
  { samples, repeats }: Section,
  { seconds }: Partial<Pick<SectionCell, 'seconds'>>,
): number => (1000 * (seconds?.sampling ?? 0)) / (samples * repeats);

const pointOf = (
  value: MetricValue,
  x: number,
  y: AxisOptions,
  { label, nfe }: SectionCell,
  unit: string,
  cost: string,
): Point => ({
  ...{ x, nfe, solver: label },
  y: inDomain(value.value, y.domain),
  low: inDomain(value.low, y.domain),
  high: inDomain(value.high, y.domain),
  about: `${label}, ${nfe} calls${cost}: ${withReach(value)}${unit === '' ? '' : ` ${unit}`}`,
});

const plotOf = (
  section: Section,
  series: readonly Series[],
  metric: string,
  along: {
    readonly what: string;
    readonly title: string;
    readonly x: AxisOptions;
    at(cell: SectionCell): number;
    cost(cell: SectionCell): string;
  },
): Plot => {
  const y = metricAxis(section, metric);
  const { unit } = section.problem.metrics[metric];
  const lines = series.map((one): Line => ({
    series: one,
    points: section.nfe.flatMap((calls) => {
      const cell = cellAt(section, one.solver, calls);
      const value = cell?.metrics[metric];
      return cell && value ? [pointOf(value, along.at(cell), y, cell, unit, along.cost(cell))] : [];
    }),
  }));
  const title = `${metric} against ${along.title}`;
  const description = `${title} on ${section.title}, a line a solver: ${section.solvers.join(', ')}. The same numbers stand in the table below.`;
  return {
    id: `${section.slug}-${metric}-${along.what}`,
    title,
    description,
    spec: ({ legend }) =>
      linesSpec(lines, along.x, y, floorLayers(section.problem, metric, along.x, y), description, legend),
  };
};

/** Quality metrics first. */
const metricsOf = ({ problem: { quality, metrics } }: Section): readonly string[] => [
  ...quality,
  ...Object.keys(metrics).filter((id) => !quality.includes(id)),
];

/**
 * The plots of a section: each metric against the number of calls, and against the time that a sample took (work and precision)
 * where that was recorded. `series` are its solvers'.
 */
export const sectionPlots = (section: Section, series: readonly Series[]): readonly Plot[] => {
  const measured = section.cells.filter(({ status }) => status === 'ok');
  if (measured.length === 0) return [];
  const times = measured.map((cell) => millisecondsOf(section, cell));
  const timed = times.every((time) => time > 0);
  const calls = logAxis('network calls (NFE)', section.nfe, section.nfe);
  const clock = timed ? logAxis('sampling time (ms a sample)', times) : undefined;
  const milliseconds = (cell: SectionCell): number => millisecondsOf(section, cell);
  return metricsOf(section).flatMap((metric) => [
    plotOf(section, series, metric, {
      ...{ what: 'calls', title: 'network calls', x: calls },
      ...{ at: ({ nfe }) => nfe, cost: () => '' },
    }),
    ...(clock
      ? [
          plotOf(section, series, metric, {
            ...{ what: 'time', title: 'sampling time', x: clock, at: milliseconds },
            cost: (cell) => `, ${milliseconds(cell).toPrecision(2)} ms a sample`,
          }),
        ]
      : []),
  ]);
};
