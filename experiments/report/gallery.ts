import { type Batch, samplesOf } from '../../src/array/batch.js';
import { coarse } from '../figures/figure.js';
import { type Range, heatLayer, heatMap } from '../figures/layers.js';
import { toSvg } from '../figures/render.js';
import { drawSamples } from '../cell.js';
import { printedSamples, samplesWriter } from '../files.js';
import { rowsOf } from '../rows.js';
import type { Mixture } from '../metric.js';
import type { Problem } from '../problem.js';
import { type Content, Markup, html } from './html.js';
import { trimmed } from './trimmed.js';
import { recordedRun } from './recorded-run.js';
import { type Section, cellAt } from './sections.js';
import { type Series, tones } from './series.js';

/** How the samples of a problem are shown side by side. */
interface Showing {
  /** Samples that are drawn. */
  readonly count: number;
  /** What one tile shows, for those who don't see it. */
  readonly caption: string;
  show(samples: Batch, shades: string): Content | Promise<Content>;
}

const dataUrl = (png: Uint8Array): string => `data:image/png;base64,${Buffer.from(png).toString('base64')}`;

const texts = (problem: Problem): Showing => ({
  ...{ count: 6, caption: 'texts' },
  show: (samples) => {
    const lines = printedSamples(samples, problem).trimEnd().split('\n');
    return html`<ol class="texts">
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ol>`;
  },
});

const pictures = (problem: Problem): Showing => {
  const write = samplesWriter('samples.png', problem);
  return {
    ...{ count: 36, caption: 'pictures' },
    show: (samples) =>
      html`<img
        class="pixels"
        alt="${samples.shape[0]} samples"
        src="${dataUrl(write(samples) as Uint8Array)}"
      />`,
  };
};

/** The range that holds the true samples of one coordinate, with some space around. */
const rangeOf = (truth: Batch, coordinate: number): Range => {
  const values = rowsOf(truth).map((row) => row[coordinate]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const space = 0.15 * (high - low);
  return [low - space, high + space];
};

const side = 210;

const axisOf = (field: string, domain: Range) => ({
  ...{ field, type: 'quantitative' as const, axis: null },
  scale: { domain: [...domain], nice: false, zero: false },
});

const picture = async (spec: Parameters<typeof toSvg>[0], label: string): Promise<Content> =>
  html`<div role="img" aria-label="${label}">${new Markup(trimmed(await toSvg(spec)))}</div>`;

/** Points over the log density, which the eye takes in before it counts. */
const scatter = (mixture: Mixture, truth: Batch): Showing => {
  const [xs, ys] = [rangeOf(truth, 0), rangeOf(truth, 1)];
  const map = heatMap(xs, ys, [40, 40], (x, y) =>
    coarse(mixture.logDensity({ shape: [1, 2], data: Float64Array.of(x, y) })[0]),
  );
  const top = Math.max(...map.values);
  const heat = heatLayer(map, [top - 8, top], [side, side]);
  const points = {
    type: 'circle',
    size: 13,
    color: '#ffffff',
    stroke: '#000000',
    strokeWidth: 0.6,
    opacity: 0.9,
  } as const;
  return {
    ...{ count: 150, caption: 'samples over the log density of the truth' },
    show: ({ shape, data }) => {
      const values = Array.from({ length: shape[0] }, (_, i) => ({ x: data[2 * i], y: data[2 * i + 1] }));
      const within = (x: number, [low, high]: Range): boolean => x >= low && x <= high;
      const spec = {
        ...{ width: side, height: side, padding: 0 },
        layer: [
          heat,
          {
            data: { values: values.filter(({ x, y }) => within(x, xs) && within(y, ys)) },
            mark: { ...points, aria: false },
            encoding: { x: axisOf('x', xs), y: axisOf('y', ys) },
          },
        ],
      };
      return picture(spec, `${shape[0]} points over the log density`);
    },
  };
};

/** A histogram, as a density, under the exact one. */
const histogram = (mixture: Mixture, truth: Batch): Showing => {
  const domain = rangeOf(truth, 0);
  const [bins, fine] = [32, 160];
  const width = (domain[1] - domain[0]) / bins;
  const exact = Array.from({ length: fine + 1 }, (_, i) => {
    const x = domain[0] + ((domain[1] - domain[0]) * i) / fine;
    return { x, y: Math.exp(mixture.logDensity({ shape: [1, 1], data: Float64Array.of(x) })[0]) };
  });
  const top = 1.25 * Math.max(...exact.map(({ y }) => y));
  return {
    ...{ count: 1000, caption: 'histogram under the density of the truth' },
    show: ({ shape, data }, shade) => {
      const counts = new Float64Array(bins);
      for (const x of data) {
        const bin = Math.floor((x - domain[0]) / width);
        if (bin >= 0 && bin < bins) counts[bin]++;
      }
      const bars = Array.from(counts, (count, i) => {
        const x = domain[0] + i * width;
        return { x, x2: x + width, y: Math.min(count / shape[0] / width, top) };
      });
      const spec = {
        ...{ width: side, height: 130, padding: 0, background: tones.paper[0] },
        layer: [
          {
            data: { values: bars },
            mark: { type: 'rect' as const, color: shade, opacity: 0.45, aria: false },
            encoding: {
              x: axisOf('x', domain),
              x2: { field: 'x2' },
              y: axisOf('y', [0, top]),
              y2: { datum: 0 },
            },
          },
          {
            data: { values: exact },
            mark: { type: 'line' as const, color: tones.ink[0], strokeWidth: 1.3, aria: false },
            encoding: { x: axisOf('x', domain), y: axisOf('y', [0, top]) },
          },
        ],
      };
      return picture(spec, `histogram of ${shape[0]} samples under the exact density`);
    },
  };
};

/** How often each class came, beside its probability. */
const frequencies = (probabilities: ArrayLike<number>): Showing => ({
  ...{ count: 1000, caption: 'share of each class; the mark is its probability' },
  show: ({ shape, data }, shade) => {
    const exact = Array.from(probabilities);
    const values = exact.map((probability, k) => ({
      ...{ name: String(k + 1), probability },
      share: data.filter((value) => value === k).length / shape[0],
    }));
    const x = { field: 'name', type: 'nominal' as const, axis: null };
    const spec = {
      ...{ width: side, height: 130, padding: 0, background: tones.paper[0] },
      data: { values },
      layer: [
        {
          mark: { type: 'bar' as const, color: shade, opacity: 0.45, aria: false },
          encoding: { x, y: axisOf('share', [0, 1]) },
        },
        {
          mark: { type: 'tick' as const, color: tones.ink[0], thickness: 2, aria: false },
          encoding: { x, y: axisOf('probability', [0, 1]) },
        },
      ],
    };
    const said = values.map(({ name, share }) => `class ${name}: ${share.toFixed(2)}`).join(', ');
    return picture(spec, said);
  },
});

const showingOf = (problem: Problem, seed: number): Showing | undefined => {
  const { truth, view } = problem;
  if (view?.kind === 'text') return texts(problem);
  if (view?.kind === 'picture') return pictures(problem);
  if (truth.kind === 'class') return frequencies(truth.probabilities);
  if (truth.kind !== 'vectors' || truth.mixture.dimension > 2) return undefined;
  const some = problem.trueSamples(1000, seed);
  return truth.mixture.dimension === 2 ? scatter(truth.mixture, some) : histogram(truth.mixture, some);
};

const tile = (title: Content, content: Content, attributes: Content): Markup =>
  html`<figure class="tile" ${attributes}>
    <figcaption>${title}</figcaption>
    ${content}
  </figure> `;

/** The number of calls that a reader sees first: few enough to see solvers differ. */
const firstShown = ({ nfe }: Section): number => nfe[Math.floor((nfe.length - 1) / 2)];

/**
 * Samples of every solver side by side at equal NFE, beside true ones: sample i of each starts from the same noise. Empty where
 * there is no way to show the problem's samples.
 */
export const sectionGallery = async (
  section: Section,
  problem: Problem,
  series: readonly Series[],
): Promise<Content> => {
  const { seed, slug, nfe } = section;
  const showing = showingOf(problem, seed);
  if (!showing) return '';
  const { count, caption, show } = showing;
  const tiles: Markup[] = [
    tile('true samples', await show(problem.trueSamples(count, seed), tones.floor[0]), ''),
  ];
  for (const calls of nfe) {
    for (const { index, solver, shades } of series) {
      const cell = cellAt(section, solver, calls);
      if (cell?.status !== 'ok') continue;
      const task = { problem: section.problem, run: recordedRun(cell), samples: count, seed };
      const { samples } = await drawSamples(problem, task);
      const title = html`<span class="key s${index}"></span>${solver}`;
      const content = await show(samplesOf(samples, 0, count), shades[0]);
      tiles.push(tile(title, content, html`data-of="${index}" data-calls="${calls}"`));
    }
  }
  const radio = (calls: number): Markup =>
    html`<label
      ><input
        type="radio"
        name="calls-${slug}"
        value="${calls}"
        ${calls === firstShown(section) ? 'checked' : ''}
      />${calls}</label
    >`;
  return html`<fieldset class="choice">
      <legend>Calls</legend>
      ${nfe.map(radio)}
    </fieldset>
    <p class="note">${caption}; sample i of every solver starts from the same noise (seed ${seed}).</p>
    <div class="tiles ${problem.view?.kind === 'text' ? 'wide' : ''}">${tiles}</div>`;
};
