import type { Run } from './sections.js';

export { type Run, readRun } from './sections.js';

// what draws is loaded when a report is made: an import of the package stays light

/** The report of one or more runs as HTML, one file. The same runs give the same bytes. */
export const reportHtml = async (runs: readonly Run[]): Promise<string> => {
  const { makeReport } = await import('./write.js');
  return (await makeReport(runs)).page;
};

/**
 * Writes `report.html`, `table.csv`, `table.json`, and each plot as SVG and PNG in `plots/`. Returns the path of the page. Each
 * file is written whole or not at all.
 */
export const writeReport = async (folder: string, runs: readonly Run[]): Promise<string> =>
  (await import('./write.js')).writeReport(folder, runs);

/** Writes `report.html`, `loss.svg` and `loss.png` of a training into its folder; returns the path of the page. */
export const writeTrainingReport = async (folder: string): Promise<string> =>
  (await import('./training.js')).writeTrainingReport(folder);
