import { UsageError } from '../../src/errors.js';
import type { Json } from '../../src/json.js';
import { anySolver } from '../../solvers/registry.js';
import { problemList } from '../problems/index.js';
import { script } from './behaviour.js';
import { commandText } from './command-text.js';
import { bibtex, citationsOf, processReference } from './citations.js';
import { type Finding, type SectionFindings, headlineOf } from './findings.js';
import { type Content, Markup, html } from './html.js';
import type { Run, Section, SectionCell } from './sections.js';
import type { Series } from './series.js';
import { styleSheet } from './style.js';
import { networkText } from '../table.js';

/** A plot as it stands in the page. */
export interface Drawn {
  readonly title: string;
  readonly description: string;
  readonly svg: string;
}

/** What a page shows of a section, all of it made. */
export interface SectionView {
  readonly section: Section;
  /** Of its solvers. */
  readonly series: readonly Series[];
  readonly findings: SectionFindings;
  readonly plots: readonly Drawn[];
  readonly schedule: Drawn | undefined;
  readonly folds: Content;
  readonly gallery: Content;
  readonly tables: Content;
  /** Why there are no samples and plans, if there are none. */
  readonly missing: string | undefined;
  /** Of its metrics. */
  readonly references: readonly string[];
}

const findingItem = ({ text, evidence }: Finding): Markup =>
  html`<li>
    <p>${text}</p>
    ${
      evidence.length > 0
        ? html`<ul>
            ${evidence.map((line) => html`<li>${line}</li>`)}
          </ul>`
        : ''
    }
  </li> `;

const plotCard = ({ title, description, svg }: Drawn): Markup =>
  html`<figure class="card">
    <figcaption>${title}</figcaption>
    <div
      class="plot"
      role="group"
      tabindex="0"
      aria-label="${description} Arrow keys walk through the points."
    >
      ${new Markup(svg)}
    </div>
  </figure> `;

/** All that the comparison says of the problem, corrected for how much that is. */
const statementsPart = ({ statements }: Section): Content =>
  statements.length === 0
    ? ''
    : html`<details>
        <summary>Every finding, corrected for their number, and slopes</summary>
        <ul>
          ${statements.map((text) => html`<li>${text}</li>`)}
        </ul>
      </details>`;

const failureItem = ({ label, nfe, status, message = '' }: SectionCell): Markup =>
  html`<li>${label}, ${nfe} calls: ${message === '' ? status : message}</li>`;

const failures = ({ cells }: Section): Content => {
  const failed = cells.filter(({ status }) => status !== 'ok');
  if (failed.length === 0) return '';
  return html`<h3>Failures</h3>
    <ul class="failures">
      ${failed.map(failureItem)}
    </ul>`;
};

const sizeOf = ({ samples, repeats, seed }: Section): string =>
  `${repeats === 1 ? '' : `${repeats} × `}${samples} samples a cell, seed ${seed}`;

const toggles = (series: readonly Series[]): Markup =>
  html`<fieldset class="toggles">
    <legend>Solvers</legend>
    ${series.map(
      ({ index, solver }) =>
        html`<label
          ><input type="checkbox" checked data-series="${index}" /><span class="key s${index}"></span
          >${solver}</label
        >`,
    )}
  </fieldset> `;

const sectionPart = (view: SectionView): Markup => {
  const { section, series, findings, plots, schedule, folds, gallery, tables, missing } = view;
  const { problem } = section;
  const what = problemList().find(({ id }) => id === problem.id)?.description ?? '';
  const given = Object.entries({ ...problem.parameters }).map(
    ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return html`<section class="problem" id="${section.slug}">
    <h2>${section.title}</h2>
    <p class="sub">
      ${[what, given.join(', '), `process ${problem.process.id}`, networkText(problem.kernel), sizeOf(section)].filter((part) => part !== '').join(' · ')}
    </p>
    <ul class="findings">
      ${findings.findings.map(findingItem)}
    </ul>
    ${failures(section)} ${toggles(series)}
    <div class="plots">${plots.map(plotCard)}</div>
    <p class="note">
      Bands and ± are 95% intervals. The dashed line is what the metric makes of as many true samples, or the
      truth itself where it is a value to be met; the grey band is its interval. Both axes are logarithmic
      where the metric is a distance; what lies below an axis is drawn at its end.
    </p>
    <h3>Numbers</h3>
    <div class="tables">${tables}</div>
    ${statementsPart(section)}
    <p class="note">Bold: what beats all others with that many calls; nothing is bold where nothing does.</p>
    ${missing === undefined ? '' : html`<p class="note failed">${missing}</p>`}
    ${
      gallery === ''
        ? ''
        : html`<div class="gallery">
            <h3>Samples</h3>
            ${gallery}
          </div>`
    }
    ${
      schedule
        ? html`<h3>Grids and coefficients</h3>
            <div class="cols">
              ${plotCard(schedule)}
              <div>${folds}</div>
            </div>`
        : ''
    }
  </section> `;
};

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

const runPart = ({ folder, record }: Run, several: boolean): Markup => {
  const facts = Object.entries(record).filter(
    ([name, value]) => name !== 'command' && !(Array.isArray(value) && value.length === 0),
  );
  return html`${several ? html`<h3>${folder}</h3>` : ''}
    <pre class="command" tabindex="0" role="region" aria-label="command of ${folder}">
${commandText(record['command'])}</pre>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${typeof value === 'number' ? String(Number(value.toPrecision(4))) : textOf(value)}</dd>
          </div>`,
      )}
    </dl> `;
};

/** None for a solver of a module that is not imported here. */
const solverReference = (id: string): readonly string[] => {
  try {
    return [anySolver(id).reference];
  } catch (error) {
    if (error instanceof UsageError) return [];
    throw error;
  }
};

const citationsPart = (views: readonly SectionView[]): Markup => {
  const ran = new Set(views.flatMap(({ section }) => section.cells.map(({ solver }) => solver)));
  const { works, others } = citationsOf([
    ...[...ran].flatMap(solverReference),
    ...views.map(({ section }) => processReference(section.problem.process.id)),
    ...views.flatMap(({ references }) => references),
  ]);
  return html`<section id="citations">
    <h2>Citations</h2>
    <p class="sub">
      Of the solvers, processes and metrics that
      ran${others.length > 0 ? `; also: ${others.join('; ')}` : ''}.
    </p>
    <pre tabindex="0" role="region" aria-label="BibTeX">${works.map(bibtex).join('\n\n')}</pre>
  </section> `;
};

const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** The whole page: one file that asks for nothing from anywhere, and says so to the browser. */
export const reportPage = (
  views: readonly SectionView[],
  series: readonly Series[],
  runs: readonly Run[],
): string => {
  const headline = headlineOf(views.map(({ findings }) => findings));
  const calls = [...new Set(views.flatMap(({ section }) => section.nfe))];
  const names = views.map(({ section }) => section.title);
  const dates = [
    ...new Set(runs.flatMap(({ record: { date } }) => (typeof date === 'string' ? [date.slice(0, 10)] : []))),
  ];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>${headline.text}</title>
        <style>
          ${new Markup(styleSheet(series, calls))}
        </style>
      </head>
      <body>
        <header class="top">
          <span class="name">bfn-sde report</span>
          <nav aria-label="Sections">
            ${views.map(({ section }) => html`<a href="#${section.slug}">${section.title}</a>`)}<a
              href="#reproduce"
              >Reproduce</a
            ><a href="#citations">Citations</a>
          </nav>
          <button type="button" id="theme" aria-pressed="false">Dark</button>
        </header>
        <main>
          <div class="lead">
            <h1>${headline.text}</h1>
            <p class="sub">
              Sample quality against the number of network calls, with exact networks: the whole error is the
              sampler's. ${names.join(', ')}${dates.length > 0 ? `; ${dates.join(', ')}` : ''}. One solver is
              called better than another where all quality metrics of the problem say so: by a paired test,
              corrected for how many there are, where the run has made it, else where the 95% intervals lie
              apart.
            </p>
            ${
              headline.evidence.length > 0
                ? html`<ul class="findings">
                    <li>
                      <p>The evidence</p>
                      <ul>
                        ${headline.evidence.map((line) => html`<li>${line}</li>`)}
                      </ul>
                    </li>
                  </ul>`
                : ''
            }
          </div>
          ${views.map(sectionPart)}
          <section id="reproduce">
            <h2>Reproduce</h2>
            <p class="sub">
              The same command gives the same numbers on the same kind of machine. Each plot lies as SVG and
              PNG in plots/ beside this file, the numbers as table.csv and table.json.
            </p>
            ${runs.map((run) => runPart(run, runs.length > 1))}
          </section>
          ${citationsPart(views)}
        </main>
        <footer>Made by bfn report. This file needs no network.</footer>
        <div id="tip" role="status" hidden></div>
        <script>
          ${new Markup(script)};
        </script>
      </body>
    </html> `.text;
};
