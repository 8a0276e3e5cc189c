import { type Evaluate, type Plan, isCall } from '../../src/plan/plan.js';
import { printPlan } from '../../src/plan/print.js';
import { solver as solverOf } from '../../solvers/registry.js';
import { readyRun } from '../ready-run.js';
import type { Problem } from '../problem.js';
import { linearAxis, plotConfig } from './axes.js';
import { type Content, type Markup, html } from './html.js';
import type { Plot } from './plots.js';
import { recordedRun } from './recorded-run.js';
import { type Section, type SectionCell, cellAt } from './sections.js';
import { type Series, tones } from './series.js';

/** What a solver does on a problem: where it calls the network, and with which coefficients it steps. */
export interface Schedule {
  readonly series: Series;
  readonly cell: SectionCell;
  readonly plan: Plan;
  readonly calls: readonly Evaluate[];
}

/** The number of calls whose plans are shown: the one nearest to 10, which still fits a page. */
export const shownNfe = ({ nfe }: Section): number =>
  nfe.reduce((best, next) => (Math.abs(Math.log(next / 10)) < Math.abs(Math.log(best / 10)) ? next : best));

/** The half log-SNR `ln(alpha/sigma)` of a call; infinite at an end of the clock that is all noise or all data. */
const halfLogSnr = ({ alpha, sigma }: Evaluate): number => Math.log(alpha) - Math.log(sigma);

/** The plans of the entries that ran with that many calls. */
export const schedulesOf = (
  section: Section,
  problem: Problem,
  series: readonly Series[],
): readonly Schedule[] => {
  const nfe = shownNfe(section);
  return series.flatMap((one) => {
    const cell = cellAt(section, one.solver, nfe);
    if (!cell) return [];
    const { plan } = readyRun(problem, recordedRun(cell));
    if (!('instructions' in plan)) return []; // its steps depend on the sample
    return { series: one, cell, plan, calls: plan.instructions.filter(isCall) };
  });
};

/** Where each solver calls the network, on the scale that it steps on; undefined if no call has a finite half log-SNR. */
export const schedulePlot = (section: Section, schedules: readonly Schedule[]): Plot | undefined => {
  const rows = schedules.flatMap(({ series, calls }) =>
    calls.flatMap((call, i) => {
      const x = halfLogSnr(call);
      const about = `${series.solver}, call ${i + 1} of ${calls.length}: t = ${short(call.t)}, half log-SNR ${short(x)}`;
      return Number.isFinite(x) ? [{ x, solver: series.solver, about }] : [];
    }),
  );
  if (rows.length === 0) return undefined;
  const solvers = schedules.map(({ series }) => series.solver);
  const axis = linearAxis(
    'half log-SNR, from noise to data',
    rows.map(({ x }) => x),
  );
  const title = `where the network is called, of ${shownNfe(section)} calls`;
  const description = `${title}, on ${section.title}: half log-SNR of each call, a row a solver`;
  return {
    id: `${section.slug}-schedule`,
    title,
    description,
    spec: () => ({
      ...{ description, width: 320, height: { step: 30 }, config: plotConfig },
      layer: schedules.map(({ series: { index, solver, shades } }) => ({
        name: `point${index}`,
        data: { values: rows.filter((row) => row.solver === solver) },
        mark: { type: 'tick', color: shades[0], thickness: 2, size: 17, opacity: 0.9 },
        encoding: {
          x: {
            field: 'x',
            type: 'quantitative',
            scale: { domain: [...axis.domain], nice: false, zero: false },
            axis: { title: axis.title, ...axis.axis },
          },
          y: {
            field: 'solver',
            type: 'nominal',
            scale: { domain: solvers },
            axis: { title: null, ticks: false, labelLimit: 220, labelColor: tones.ink[0] },
          },
          description: { field: 'about' },
        },
      })),
    }),
  };
};

const short = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(4))) : value < 0 ? '-∞' : '∞';

/** A plan of thousands of lines is nothing to read: `bfn plan` prints it. */
const maxLines = 300;

const printed = (plan: Plan): string => {
  const lines = printPlan(plan).split('\n');
  const more = lines.length - maxLines;
  return more > 0
    ? [...lines.slice(0, maxLines), `… and ${more} lines more: bfn plan prints them`].join('\n')
    : lines.join('\n');
};

const settingText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const factsOf = (id: string): string => {
  const { kind, order, reference } = solverOf(id);
  return `${kind === 'sde' ? 'SDE' : 'ODE'}${order === null ? '' : `, order ${order}`} · ${reference}`;
};

const scheduleDetails = ({ series, cell, plan, calls }: Schedule): Markup => {
  const shown = Object.entries(cell.settings).filter(([, value]) => value !== null);
  return html`<details data-of="${series.index}">
    <summary>
      <span class="key s${series.index}"></span>${series.solver} <small>${factsOf(cell.solver)}</small>
    </summary>
    <dl class="facts">
      ${shown.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${settingText(value)}</dd>
          </div>`,
      )}
    </dl>
    <div class="scroll" role="region" tabindex="0" aria-label="calls of ${series.solver}">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">call</th>
            <th scope="col">t</th>
            <th scope="col">alpha</th>
            <th scope="col">sigma</th>
            <th scope="col">half log-SNR</th>
          </tr>
        </thead>
        <tbody>
          ${calls.slice(0, maxLines).map(
            (call, i) =>
              html`<tr>
                <th scope="row">${i + 1}</th>
                <td>${short(call.t)}</td>
                <td>${short(call.alpha)}</td>
                <td>${short(call.sigma)}</td>
                <td>${short(halfLogSnr(call))}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <pre class="scroll" role="region" tabindex="0" aria-label="plan of ${series.solver}">
${printed(plan)}</pre>
  </details> `;
};

/** A fold-out a solver: its settings, its times and half log-SNRs, and its plan as `bfn plan` prints it. */
export const scheduleFolds = (schedules: readonly Schedule[]): Content => schedules.map(scheduleDetails);
