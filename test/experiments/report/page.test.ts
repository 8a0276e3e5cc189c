import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compare } from '../../../experiments/compare.js';
import { type Run, reportHtml, writeReport } from '../../../experiments/report/index.js';
import { type Report, makeReport } from '../../../experiments/report/write.js';
import { buildTime } from '../../built.js';
import { someComparison } from '../some-comparison.js';

const problems = [
  { id: 'simplex-3', parameters: {} },
  { id: 'mixture-2d', parameters: { components: 2 } },
  { id: 'mixture-1d', parameters: {} },
  { id: 'digits', parameters: { components: 1 } },
  { id: 'text', parameters: { order: 1, length: 8 } },
];
const solvers = ['bfn', 'sde-dpm-solver++2m'];

const runOf = async (): Promise<Run> => ({
  folder: 'some run',
  comparison: await compare({ problems, solvers, nfe: [2, 4], samples: 30, seed: 3 }),
  record: {
    command: ['bfn', 'compare', '--problem', "it's <b>"],
    date: '2026-01-02T03:04:05Z',
    seconds: 1.23456,
  },
});

let run: Run;
let report: Report;
beforeAll(async () => {
  run = await runOf();
  report = await makeReport([run]);
}, buildTime);

const count = (pattern: RegExp): number => [...report.page.matchAll(pattern)].length;

describe('the page', () => {
  it('is one file that asks for nothing: no address in it is fetched', () => {
    expect(report.page).toMatch(
      /http-equiv="Content-Security-Policy"\s+content="default-src &#39;none&#39;; img-src data:;/,
    );
    const sources = [...report.page.matchAll(/\s(?:src|href|xlink:href)="([^"]*)"/g)].map(
      ([, address]) => address,
    );
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter((address) => !/^(?:#|data:image\/png;base64,)/.test(address))).toEqual([]);
    expect(report.page).not.toMatch(/@import|url\(|<link|<iframe/);
  });

  it('has a part a problem, plots of each metric against calls and time, and the same points as cells', () => {
    for (const { id } of problems) expect(report.page).toContain(`<section class="problem" id="${id}">`);
    const metrics = run.comparison.problems.reduce((sum, { metrics: of }) => sum + Object.keys(of).length, 0);
    const schedules = problems.length;
    expect(report.plots).toHaveLength(2 * metrics + schedules);
    expect(count(/<div\s+class="plot"/g)).toBe(2 * metrics + schedules);
    const values = run.comparison.cells.reduce((sum, { metrics: of }) => sum + Object.keys(of).length, 0);
    expect(count(/ aria-label="[^"]*, [24] calls[^"]*: [^"]* ± /g)).toBe(2 * values);
  });

  it('shows samples of every solver and number of calls, and of the truth, in the manner of each problem', () => {
    expect(count(/<figure\s+class="tile"/g)).toBe(problems.length * (1 + solvers.length * 2));
    expect(count(/<ol\s+class="texts">/g)).toBe(5);
    expect(count(/<img\s+class="pixels"/g)).toBe(5);
    expect(count(/points over the log density/g)).toBe(5);
    expect(count(/under the exact density/g)).toBe(5);
    expect(count(/aria-label="class 1: /g)).toBe(5);
  });

  it('has the plan of every solver, citations of what ran, the command as a shell takes it', () => {
    expect(count(/<details\s+data-of/g)).toBe(problems.length * solvers.length);
    expect(report.page).toContain('predict(x0)');
    for (const key of ['graves2023bayesian', 'lu2022dpmsolverpp', 'dowson1982frechet'])
      expect(report.page).toContain(`{${key},`);
    expect(report.page).not.toContain('{zhao2023unipc,');
    expect(report.page).toContain('bfn compare --problem &#39;it&#39;\\&#39;&#39;s &lt;b&gt;&#39;');
  });

  it('has no id twice', () => {
    const ids = [...report.page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is the same, byte for byte, when it is made again', async () => {
    expect((await reportHtml([run])) === report.page).toBe(true);
  });
});

describe('what it cannot make', () => {
  it('a problem that is not registered: the page says so and shows the numbers', async () => {
    const comparison = someComparison();
    const unknown = {
      ...comparison,
      problems: comparison.problems.map((problem) => ({ ...problem, id: 'not-there' })),
    };
    const { page, plots } = await makeReport([{ ...run, comparison: unknown }]);
    expect(page).toContain('Samples and plans are left out: unknown problem &quot;not-there&quot;');
    expect(plots).toHaveLength(6);
    // the cell that diverged
    expect(page).toContain('<li>bfn, 20 calls: bfn diverged: at t = 0.5</li>');
    expect(page).toContain('<span class="failed">diverged</span>');
  });

  it('runs without a clock have no plots against time, and runs without any result no plots', async () => {
    const comparison = someComparison();
    const seconds = { sampling: 0, metrics: 0 };
    const untimed = { ...comparison, cells: comparison.cells.map((cell) => ({ ...cell, seconds })) };
    expect(
      (await makeReport([{ ...run, comparison: untimed }])).plots.map(({ id }) => id),
    ).not.toContainEqual(expect.stringMatching(/-time$/));
    const failed = {
      ...comparison,
      cells: comparison.cells.map((cell) => ({ ...cell, status: 'failed' as const, metrics: {} })),
    };
    const { page, plots } = await makeReport([{ ...run, comparison: failed }]);
    expect(plots.map(({ id }) => id)).toEqual(['text-schedule']);
    expect(page.match(/<li>bfn[^<]*calls: failed<\/li>/g)).toHaveLength(3);
  });
});

it('writes the page, the table, and each plot as SVG and PNG', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bfn-report-'));
  try {
    const small = { ...run, comparison: someComparison() };
    const path = await writeReport(folder, [small]);
    expect((await readdir(folder)).sort()).toEqual(['plots', 'report.html', 'table.csv', 'table.json']);
    const page = await readFile(path, 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    const plots = await readdir(join(folder, 'plots'));
    expect(plots.filter((name) => name.endsWith('.svg'))).toHaveLength(plots.length / 2);
    for (const name of plots) {
      const bytes = await readFile(join(folder, 'plots', name));
      if (name.endsWith('.svg')) expect(bytes.toString('utf8')).toMatch(/^<svg[^]*<\/svg>$/);
      else expect([...bytes.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    }
    // a picture that stands alone has a legend; in the page the checkboxes are it
    expect(page).not.toContain('role-legend');
    expect(await readFile(join(folder, 'plots/text-bits-gap-calls.svg'), 'utf8')).toContain('role-legend');
    const { rows } = JSON.parse(await readFile(join(folder, 'table.json'), 'utf8')) as { rows: unknown[] };
    expect(rows).toHaveLength(9);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
