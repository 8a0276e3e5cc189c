import { join } from 'node:path';
import { UsageError } from '../../src/errors.js';
import { toPng, toSvg } from '../figures/render.js';
import { metricsFor } from '../metrics/index.js';
import type { Problem } from '../problem.js';
import { makeProblem } from '../problems/index.js';
import { writeWhole } from '../results.js';
import { findingsOf } from './findings.js';
import { sectionGallery } from './gallery.js';
import { type Drawn, type SectionView, reportPage } from './page.js';
import { type Plot, sectionPlots } from './plots.js';
import { scheduleFolds, schedulePlot, schedulesOf } from './schedule.js';
import { type Run, type Section, sectionsOf } from './sections.js';
import { type Series, seriesOf } from './series.js';
import { rowsCsv, rowsOf, sectionTables } from './tables.js';
import { trimmed } from './trimmed.js';

/** What a report holds, before any of it is written. */
export interface Report {
  /** The page, one file. */
  readonly page: string;
  readonly plots: readonly Plot[];
  readonly sections: readonly Section[];
}

const drawn = async ({ title, description, spec }: Plot): Promise<Drawn> => ({
  ...{ title, description },
  svg: trimmed(await toSvg(spec({ legend: false }))),
});

interface Shown {
  readonly view: SectionView;
  readonly plots: readonly Plot[];
}

/** What needs the problem itself: samples, plans, and what its metrics refer to. */
const liveParts = async (section: Section, problem: Problem, series: readonly Series[]) => {
  const schedules = schedulesOf(section, problem, series);
  return {
    gallery: await sectionGallery(section, problem, series),
    folds: scheduleFolds(schedules),
    schedule: schedulePlot(section, schedules),
    references: metricsFor(problem.truth).flatMap(({ reference }) => reference ?? []),
    missing: undefined,
  };
};

const withoutProblem = (reason: string) => ({
  ...{ gallery: '', folds: '', schedule: undefined, references: [] },
  missing: `Samples and plans are left out: ${reason}`,
});

const shown = async (section: Section, all: readonly Series[]): Promise<Shown> => {
  const series = all.filter(({ solver }) => section.solvers.includes(solver));
  const { id, parameters } = section.problem;
  const live = await makeProblem(id, parameters)
    .then((problem) => liveParts(section, problem, series))
    .catch((error: unknown) => {
      // a problem, solver or setting of a module that is not imported here
      if (error instanceof UsageError) return withoutProblem(error.message);
      throw error;
    });
  const plots = sectionPlots(section, series);
  const { schedule } = live;
  return {
    plots: [...plots, ...(schedule ? [schedule] : [])],
    view: {
      ...{ section, series },
      findings: findingsOf(section),
      plots: await Promise.all(plots.map(drawn)),
      schedule: schedule && (await drawn(schedule)),
      ...{ gallery: live.gallery, folds: live.folds, missing: live.missing, references: live.references },
      tables: sectionTables(section, series),
    },
  };
};

/**
 * The report of one or more runs: the same runs give the same bytes. Samples are drawn again from each problem, with the seed of
 * its run; of a problem that is not registered here they are left out, which the page says.
 */
export const makeReport = async (runs: readonly Run[]): Promise<Report> => {
  const sections = sectionsOf(runs);
  const series = seriesOf(sections.flatMap(({ solvers }) => solvers));
  const all: Shown[] = [];
  for (const section of sections) all.push(await shown(section, series));
  return {
    page: reportPage(
      all.map(({ view }) => view),
      series,
      runs,
    ),
    plots: all.flatMap(({ plots }) => plots),
    sections,
  };
};

/** Writes the report, its table and its plots; returns the path of the page. */
export const writeReport = async (folder: string, runs: readonly Run[]): Promise<string> => {
  const { page, plots, sections } = await makeReport(runs);
  for (const { id, spec } of plots) {
    const svg = await toSvg(spec({ legend: true }));
    await writeWhole(join(folder, 'plots', `${id}.svg`), svg);
    await writeWhole(join(folder, 'plots', `${id}.png`), await toPng(svg));
  }
  const rows = rowsOf(sections);
  await writeWhole(join(folder, 'table.csv'), rowsCsv(rows));
  await writeWhole(join(folder, 'table.json'), JSON.stringify({ rows }, null, 1) + '\n');
  const path = join(folder, 'report.html');
  await writeWhole(path, page);
  return path;
};
