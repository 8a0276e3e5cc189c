import type { Comparison } from '../../experiments/comparison.js';
import { comparisonCsv, writeComparison } from '../../experiments/results.js';
import { comparisonTable } from '../../experiments/table.js';
import type { Json } from '../json.js';
import { printJson } from './options.js';

export interface PrintOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** Writes a comparison to its folder and prints it, as a table with a last line if not asked otherwise. Throws where cells have no result. */
export const deliver = async (
  out: string,
  comparison: Comparison,
  record: Readonly<Record<string, Json>>,
  { json, csv }: PrintOptions,
  lastLine: string,
): Promise<void> => {
  await writeComparison(out, comparison, record);
  if (json) printJson({ ...comparison, record });
  else if (csv) process.stdout.write(comparisonCsv(comparison));
  else console.log(`${comparisonTable(comparison)}\n\n${lastLine}`);
  const failed = comparison.cells.filter(({ status }) => status !== 'ok');
  for (const { problem, nfe, message = '' } of failed)
    console.error(`error: ${problem}, NFE ${nfe}: ${message}`);
  if (failed.length > 0)
    throw new Error(`${failed.length} of ${comparison.cells.length} cells have no result`);
};
