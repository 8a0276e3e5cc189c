import type { Comparison } from '../../experiments/comparison.js';
import { writeReport } from '../../experiments/report/index.js';
import { comparisonCsv, writeComparison } from '../../experiments/results.js';
import { comparisonTable } from '../../experiments/table.js';
import type { Json } from '../json.js';
import { printJson } from './options.js';

export interface DeliveryOptions {
  /** Also write the report, its plots and its table. */
  readonly report: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

/**
 * Writes a comparison to its folder and prints it: if not asked otherwise as a table, with a last line that says where all is,
 * after `before`. Throws where cells have no result.
 */
export const deliver = async (
  out: string,
  comparison: Comparison,
  record: Readonly<Record<string, Json>>,
  { report, json, csv }: DeliveryOptions,
  before = '',
): Promise<void> => {
  await writeComparison(out, comparison, record);
  const page = report ? await writeReport(out, [{ folder: out, comparison, record }]) : undefined;
  if (json) printJson({ ...comparison, record });
  else if (csv) process.stdout.write(comparisonCsv(comparison));
  else {
    const reported = page === undefined ? '' : `, the report in ${page}`;
    const lastLine = `${before}the numbers are in ${out}/compare.json and .csv${reported}`;
    console.log(`${comparisonTable(comparison)}\n\n${lastLine}`);
  }
  const failed = comparison.cells.filter(({ status }) => status !== 'ok');
  for (const { problem, nfe, message = '' } of failed)
    console.error(`error: ${problem}, NFE ${nfe}: ${message}`);
  if (failed.length > 0)
    throw new Error(`${failed.length} of ${comparison.cells.length} cells have no result`);
};
