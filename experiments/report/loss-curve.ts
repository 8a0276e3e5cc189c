import type { TopLevelSpec } from 'vega-lite';
import type { LogEntry } from '../../src/train/run.js';
import { type AxisOptions, frame } from '../figures/layers.js';
import { linearAxis, logAxis, plotConfig } from './axes.js';
import { palette, tones } from './series.js';

interface Point {
  readonly step: number;
  readonly value: number;
}

/** The points that a picture has room for. */
const room = 800;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Neighbours as one point each, their mean, where there are more than a picture has room for. */
export const thinned = (points: readonly Point[], most = room): readonly Point[] => {
  const size = Math.ceil(points.length / most);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const own = points.slice(i * size, (i + 1) * size);
    return { step: own[own.length - 1].step, value: mean(own.map(({ value }) => value)) };
  });
};

/** Each point as the mean of those around it, a twentieth of all: as many on both sides, fewer at the ends. */
export const smoothed = (points: readonly Point[]): readonly Point[] => {
  const reach = Math.floor(points.length / 40);
  return points.map(({ step }, i) => {
    const own = Math.min(reach, i, points.length - 1 - i);
    return { step, value: mean(points.slice(i - own, i + own + 1).map(({ value }) => value)) };
  });
};

/** With numbers as they are, also the large ones. */
const plainAxis = (title: string, values: readonly number[]): AxisOptions => ({
  ...linearAxis(title, values),
  axis: { tickCount: 6 },
});

/** Logarithmic where all losses are above 0 and the largest is more than three times the least. */
const lossAxis = (title: string, values: readonly number[]): AxisOptions =>
  Math.min(...values) > 0 && Math.max(...values) > 3 * Math.min(...values)
    ? { ...logAxis(title, values), axis: { tickCount: 5 } }
    : plainAxis(title, values);

const colours = {
  'a mean over steps': tones.floor[0],
  smoothed: palette[1][0],
  validation: palette[2][0],
} as const;

/**
 * The loss along a training: the lines of its log as points, smoothed as a line, and the validations. Undefined where the log has none. A value that is not
 * finite is left out.
 */
export const lossCurve = (log: readonly LogEntry[], unit: string): TopLevelSpec | undefined => {
  const pointsOf = (name: 'loss' | 'validation'): readonly Point[] =>
    log.flatMap(({ step, [name]: value }) =>
      value !== undefined && Number.isFinite(value) ? [{ step, value }] : [],
    );
  const raw = thinned(pointsOf('loss'));
  const validation = thinned(pointsOf('validation'));
  const all = [...raw, ...validation];
  if (all.length === 0) return undefined;
  const domain = Object.keys(colours);
  const color = {
    field: 'name',
    type: 'nominal' as const,
    scale: { domain, range: Object.values(colours) },
    legend: { title: null, orient: 'bottom' as const, symbolType: 'circle', symbolOpacity: 1 },
  };
  const encoding = {
    x: { field: 'step', type: 'quantitative' as const },
    y: { field: 'value', type: 'quantitative' as const },
    color,
  };
  const named = (name: keyof typeof colours, points: readonly Point[]) => ({
    values: points.map((point) => ({ ...point, name })),
  });
  const steps = all.map(({ step }) => step);
  return {
    description: `The loss in ${unit} against the steps of the training, and the validation.`,
    ...{ width: 560, height: 300, config: plotConfig },
    layer: [
      frame(
        plainAxis('step', [0, ...steps]),
        lossAxis(
          `loss (${unit})`,
          all.map(({ value }) => value),
        ),
      ),
      {
        data: named('a mean over steps', raw),
        mark: { type: 'point', filled: true, size: 14, opacity: 0.5, aria: false },
        encoding,
      },
      {
        data: named('smoothed', smoothed(raw)),
        mark: { type: 'line', strokeWidth: 2, aria: false },
        encoding,
      },
      {
        data: named('validation', validation),
        mark: {
          type: 'line',
          strokeWidth: 1.5,
          strokeDash: [5, 3],
          point: validation.length <= 60 && { size: 46 },
          aria: false,
        },
        encoding,
      },
    ],
  };
};
