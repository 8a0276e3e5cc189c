import { UsageError } from '../../src/errors.js';
import { markdownTable } from 'markdown-table';
import type { Row, Table } from './choose.js';
import { type SituationId, situations } from './situation.js';
import type { SweptCell } from './sweep.js';

/** The cells of a situation as they are recorded: candidates and metrics by name once, a cell a line of numbers. */
interface RecordedSituation {
  readonly id: SituationId;
  readonly metrics: readonly string[];
  readonly candidates: readonly string[];
  /** Candidate, NFE, samples, seed, then ratio and standard error of each metric; these are left out where the run came to no end. */
  readonly cells: readonly (readonly number[])[];
}

/** As JSON, a cell a line. */
export const sweepText = (cells: readonly SweptCell[]): string => {
  const recorded = situations.map(({ id, metrics }): RecordedSituation => {
    const own = cells.filter(({ situation }) => situation === id);
    const candidates = [...new Set(own.map(({ candidate }) => candidate))].sort();
    const numbers = own.map(({ candidate, nfe, samples, seed, ratios }) => [
      ...[candidates.indexOf(candidate), nfe, samples, seed],
      ...(ratios ? metrics.flatMap((metric) => ratios[metric]) : []),
    ]);
    return { id, metrics, candidates, cells: numbers };
  });
  const lines = recorded.map(
    ({ cells: rows, ...others }) =>
      `${JSON.stringify(others, null, 1).slice(0, -2)},\n "cells": [\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]}`,
  );
  return `[\n${lines.join(',\n')}\n]\n`;
};

/** The inverse of `sweepText`. */
export const readSweep = (text: string): readonly SweptCell[] =>
  (JSON.parse(text) as readonly RecordedSituation[]).flatMap(({ id, metrics, candidates, cells }) =>
    cells.map(([candidate, nfe, samples, seed, ...values]): SweptCell => ({
      ...{ situation: id, candidate: candidates[candidate], nfe, samples, seed },
      ...(values.length > 0
        ? {
            ratios: Object.fromEntries(
              metrics.map((metric, i) => [metric, [values[2 * i], values[2 * i + 1]] as const]),
            ),
          }
        : {}),
    })),
  );

/** The cells that a check runs again: of each situation the first, the middle and the last of up to 10 calls. */
export const checkedCells = (cells: readonly SweptCell[]): readonly SweptCell[] =>
  situations.flatMap(({ id }) => {
    const own = cells.filter(({ situation, nfe }) => situation === id && nfe <= 10);
    return [...new Set([0, own.length >> 1, own.length - 1])].map((at) => own[at]);
  });

/** What differs between cells and their reruns by more than 95% intervals that overlap. On one machine they are equal. */
export const differences = (cells: readonly SweptCell[], again: readonly SweptCell[]): readonly string[] =>
  cells.flatMap((cell, i) => {
    const { situation, candidate, nfe, ratios = {} } = cell;
    const others = again[i].ratios ?? {};
    const metrics = [...new Set([...Object.keys(ratios), ...Object.keys(others)])];
    return metrics
      .filter((metric) => {
        const [a, b] = [ratios[metric], others[metric]];
        return !a || !b || Math.abs(a[0] - b[0]) > 2 * (a[1] + b[1]);
      })
      .map((metric) => `${situation}, NFE ${nfe}, ${candidate}: ${metric} came out other than in the sweep`);
  });

const cellsOf = ({ nfe, solver, grid, start, lastStep, reference, score, metric }: Row, own: boolean) => [
  own ? `${nfe} only` : `${nfe}`,
  `\`${solver}\``,
  `\`${grid}\``,
  `\`${start}\``,
  `\`${lastStep}\``,
  reference ? `\`${reference}\`` : '-',
  `${score.toFixed(2)} (${metric})`,
];

/** The table for people, a part a situation. */
export const tableText = (table: Table): string =>
  situations
    .map(({ id, description, problem }) => {
      const rows = table[id].map((row) => cellsOf(row, row.grid.startsWith('explicit:')));
      const head = ['NFE from', 'solver', 'grid', 'start', 'last step', 'reference', 'score'];
      return `**\`${id}\`**: ${description}. Chosen on \`${problem}\`.\n\n${markdownTable([head, ...rows], { align: 'l' })}`;
    })
    .join('\n\n');

const [opening, closing] = ['<!-- npm run recommend -->', '<!-- end of npm run recommend -->'];

/** A page with the table between its two marks. Throws a `UsageError` for a page without them. */
export const withTable = (page: string, table: Table): string => {
  const [from, to] = [page.indexOf(opening), page.indexOf(closing)];
  if (from < 0 || to < from) throw new UsageError(`the page lacks ${opening} and ${closing}`);
  return `${page.slice(0, from)}${opening}\n\n${tableText(table)}\n\n${page.slice(to)}`;
};
