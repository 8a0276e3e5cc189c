import type { MetricValue } from '../comparison.js';
import { callsText, floorNote, withReach } from '../table.js';
import { csvLines } from '../results.js';
import { type Content, type Markup, html } from './html.js';
import type { Series } from './series.js';
import { floorName } from './plots.js';
import { type Section, type SectionCell, cellAt } from './sections.js';
import { beats, nearest } from './significance.js';

/** One cell of one metric, and whether it beats all others of its problem at that number of calls. */
export interface Row extends MetricValue {
  readonly problem: string;
  readonly metric: string;
  readonly solver: string;
  readonly nfe: number;
  readonly best: boolean;
}

/** The solver that beats all others by a metric at a number of calls, if one does: as in the table that the command prints. */
export const bestSolver = (section: Section, metric: string, nfe: number): string | undefined => {
  const cells = section.solvers.flatMap((solver) => cellAt(section, solver, nfe) ?? []);
  const measured = cells.filter(({ metrics }) => metrics[metric]);
  const best = nearest(section, metric, measured);
  const others = measured.filter((cell) => cell !== best);
  if (!best || others.length === 0) return undefined;
  return others.every((cell) => beats(section, metric, best, cell)) ? best.label : undefined;
};

/** All numbers of a report, a row a cell and metric. */
export const rowsOf = (sections: readonly Section[]): readonly Row[] =>
  sections.flatMap((section) =>
    Object.keys(section.problem.metrics).flatMap((metric) =>
      section.nfe.flatMap((nfe) => {
        const best = bestSolver(section, metric, nfe);
        return section.solvers.flatMap((solver) => {
          const value = cellAt(section, solver, nfe)?.metrics[metric];
          return value
            ? [{ problem: section.title, metric, solver, nfe, ...value, best: best === solver }]
            : [];
        });
      }),
    ),
  );

/** The rows as CSV (RFC 4180, with \n). */
export const rowsCsv = (rows: readonly Row[]): string => {
  const columns = ['problem', 'metric', 'solver', 'nfe', 'value', 'low', 'high', 'floor', 'best'] as const;
  return csvLines([columns, ...rows.map((row) => columns.map((column) => String(row[column])))]);
};

/** The header cell of a solver, with its key. */
const solverHead = ({ index, solver }: Series): Markup =>
  html`<th scope="row"><span class="key s${index}"></span>${solver}</th>`;

const table = (caption: Content, label: string, nfe: readonly number[], body: Content): Markup =>
  html`<div class="scroll" role="region" tabindex="0" aria-label="${label}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">calls</th>
          ${nfe.map((calls) => html`<th scope="col">${calls}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;

const row = (one: Series, section: Section, entry: (cell: SectionCell) => Content): Markup =>
  html`<tr data-of="${one.index}">
    ${solverHead(one)}${section.nfe.map((calls) => {
      const cell = cellAt(section, one.solver, calls);
      return html`<td>${cell ? entry(cell) : ''}</td>`;
    })}
  </tr> `;

const metricTable = (section: Section, series: readonly Series[], metric: string): Markup => {
  const { unit, description, floor, truth } = section.problem.metrics[metric];
  const best = new Map(section.nfe.map((calls) => [calls, bestSolver(section, metric, calls)]));
  const entry = ({ label, nfe, status, metrics }: SectionCell): Content => {
    if (!metrics[metric]) return html`<span class="failed">${status}</span>`;
    const text = withReach(metrics[metric]);
    return best.get(nfe) === label ? html`<strong>${text}</strong>` : text;
  };
  const reference = (name: string, text: string): Markup =>
    html`<tr class="reference">
      <th scope="row">${name}</th>
      ${section.nfe.map(() => html`<td>${text}</td>`)}
    </tr> `;
  const caption = html`<b>${metric}</b>${unit === '' ? '' : ` (${unit})`} <span>${description}</span>`;
  return table(caption, `${metric} on ${section.title}`, section.nfe, [
    ...series.map((one) => row(one, section, entry)),
    reference(floorName(floor), floor.low < floor.high ? withReach(floor) : short(floor.value)),
    ...(truth === undefined ? [] : [reference('truth, exactly', short(truth))]),
  ]);
};

const short = (value: number): string => String(Number(value.toPrecision(5)));

const callsTable = (section: Section, series: readonly Series[]): Content => {
  const { baseline, quality } = section.problem;
  if (!section.cells.some(({ callsOfBaseline }) => callsOfBaseline)) return '';
  const entry = ({ callsOfBaseline, nfe, status }: SectionCell): Content =>
    callsOfBaseline ? callsText(callsOfBaseline, nfe, section.nfe) : status === 'ok' ? '' : status;
  const atFloor = section.cells.some(({ callsOfBaseline }) => callsOfBaseline?.floor);
  const caption = html`<b>calls that ${baseline} needs for the same</b>
    <span
      >as good by ${quality.join(' and ')}; between the numbers tried,
      interpolated${atFloor ? `. ${floorNote(baseline)}` : ''}</span
    >`;
  const others = series.filter(({ solver }) => solver !== baseline);
  return table(
    caption,
    `equal quality on ${section.title}`,
    section.nfe,
    others.map((one) => row(one, section, entry)),
  );
};

/** The tables of a section: a metric each, and the calls of the baseline for the same quality. `series` are its solvers'. */
export const sectionTables = (section: Section, series: readonly Series[]): Content => [
  ...Object.keys(section.problem.metrics).map((metric) => metricTable(section, series, metric)),
  callsTable(section, series),
];
