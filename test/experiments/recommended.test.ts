import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readyRun } from '../../experiments/ready-run.js';
import { compare } from '../../experiments/compare.js';
import type { Problem } from '../../experiments/problem.js';
import { makeProblem, parseProblem, registerProblem } from '../../experiments/problems/index.js';
import { lineOf } from '../../experiments/recommended/candidate.js';
import { fields } from '../../experiments/recommended/candidates.js';
import { type Row, tableOf, tieWidth } from '../../experiments/recommended/choose.js';
import { differences, readSweep, sweepText, withTable } from '../../experiments/recommended/record.js';
import { recommendedRow, recommendedRun } from '../../experiments/recommended/recommend.js';
import { scoreOf } from '../../experiments/recommended/score.js';
import { type SituationId, situationOf, situations } from '../../experiments/recommended/situation.js';
import { type SweptCell, finalSeeds, sweptNfe } from '../../experiments/recommended/sweep.js';
import { recommendations } from '../../experiments/recommended/table.js';
import { recordedRun } from '../../experiments/report/recorded-run.js';
import { UsageError } from '../../src/errors.js';
import { continuousBfn, makeProcess, rectifiedFlow, variancePreserving } from '../../src/process/index.js';
import { inProcess } from '../cli/in-process.js';
import { root } from '../docs/pages.js';

const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const recorded = readSweep(text('experiments/recommended/sweep.json'));
const made = (line: string): Promise<Problem> => {
  const { id, parameters } = parseProblem(line);
  return makeProblem(id, parameters);
};
/** A cell of a run that came to no end. */
const withoutResult = ({ situation, candidate, nfe, samples, seed }: SweptCell): SweptCell => ({
  ...{ situation, candidate, nfe, samples, seed },
});
const isOwn = ({ grid }: Row): boolean => grid.startsWith('explicit:');
const everyNfe = Array.from({ length: 48 }, (_, i) => i + 3);

describe('the recorded sweep', () => {
  it('gives the table of the code and that of the page', () => {
    const table = tableOf(recorded);
    expect(recommendations).toEqual(table);
    const page = text('docs/results.md');
    expect(withTable(page, table)).toBe(page);
  });

  it('is recorded as its cells, no more and no less', () => {
    expect(sweepText(recorded)).toBe(text('experiments/recommended/sweep.json'));
  });

  it('gives another table where its numbers are other ones', () => {
    const { vectors } = recommendations;
    const lines = new Set(vectors.map(lineOf));
    const worse = recorded.map((cell) => {
      const bad = cell.situation === 'vectors' && lines.has(cell.candidate);
      return bad ? { ...cell, ratios: { 'frechet-distance': [99, 0.1] as const } } : cell;
    });
    const table = tableOf(worse);
    expect(table.vectors).not.toEqual(vectors);
    expect(withTable(text('docs/results.md'), table)).not.toBe(text('docs/results.md'));
    expect(table.covariance).toEqual(recommendations.covariance);
  });

  it('is refused where a number of calls is missing, and so is a page without marks', () => {
    expect(() => tableOf(recorded.filter(({ nfe }) => nfe !== 8))).toThrow(/no finalist for .* at NFE 8/);
    expect(() => withTable('# Results', recommendations)).toThrow(UsageError);
  });
});

/** Sweeps of all candidates with any scores. */
const anySweep = fc.infiniteStream(fc.double({ min: 0, max: 3, noNaN: true })).map((stream) => {
  const next = (): number => stream.next().value as number;
  return situations.flatMap(({ id, metrics, finals: { samples } }) =>
    sweptNfe.flatMap((nfe) =>
      [...fields[id].everywhere, ...(fields[id].only[nfe] ?? [])].flatMap((candidate) =>
        finalSeeds.map((seed): SweptCell => ({
          ...{ situation: id, candidate: lineOf(candidate), nfe, samples, seed },
          ratios: Object.fromEntries(metrics.map((metric) => [metric, [next(), next() / 3] as const])),
        })),
      ),
    ),
  );
});

describe('the rule of choice', () => {
  const scores = (cells: readonly SweptCell[], id: SituationId, nfe: number) => {
    const at = cells.filter((cell) => cell.situation === id && cell.nfe === nfe);
    return new Map(
      [...new Set(at.map(({ candidate }) => candidate))].map((line) => [
        line,
        scoreOf(at.filter(({ candidate }) => candidate === line)),
      ]),
    );
  };

  it('takes what is tied with the best, with as few changes as any table has', () => {
    fc.assert(
      fc.property(anySweep, (cells) => {
        const table = tableOf(cells);
        for (const { id } of situations) {
          const general = table[id].filter((row) => !isOwn(row));
          expect(general.map(({ nfe }) => nfe)).toEqual(sweptNfe);
          const ties = sweptNfe.map((nfe) => {
            const all = scores(cells, id, nfe);
            const usual = fields[id].everywhere.map(lineOf);
            const best = usual
              .map((line) => all.get(line) as ReturnType<typeof scoreOf>)
              .reduce((a, b) => (b.score < a.score ? b : a));
            return new Set(
              usual.filter(
                (line) => (all.get(line)?.score ?? NaN) <= best.score + tieWidth * best.standardError,
              ),
            );
          });
          general.forEach((row, i) => expect(ties[i]).toContain(lineOf(row)));
          // the fewest stretches that candidates can cover, by dynamic programming
          const fewest = [0];
          for (let end = 1; end <= ties.length; end++) {
            const from = [...Array(end).keys()].filter((start) =>
              [...ties[start]].some((line) => ties.slice(start, end).every((tie) => tie.has(line))),
            );
            fewest.push(Math.min(...from.map((start) => fewest[start] + 1)));
          }
          const changes = general.filter((row, i) => i === 0 || lineOf(row) !== lineOf(general[i - 1]));
          expect(changes.length).toBeLessThanOrEqual(fewest[ties.length]);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('takes times of their own where they are better and not tied, after the general row', () => {
    fc.assert(
      fc.property(anySweep, (cells) => {
        const { frequencies } = tableOf(cells);
        for (const [key, [own]] of Object.entries(fields.frequencies.only)) {
          const nfe = Number(key);
          const all = scores(cells, 'frequencies', nfe);
          const rows = frequencies.filter((row) => row.nfe === nfe);
          const special = all.get(lineOf(own)) as ReturnType<typeof scoreOf>;
          const general = all.get(lineOf(rows[0]))?.score ?? NaN;
          expect(rows.length).toBe(special.score + tieWidth * special.standardError < general ? 2 : 1);
          expect(isOwn(rows[0])).toBe(false);
          expect(rows.slice(1).every(isOwn)).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('scores the worst metric, and what came to no end is never chosen', () => {
    const cell = (a: number, b: number): SweptCell => ({
      ...{ situation: 'vectors', candidate: 'x', nfe: 5, samples: 10, seed: 1 },
      ratios: { a: [a, 0.3], b: [b, 0.4] },
    });
    const { score, standardError, metric } = scoreOf([cell(1, 2), cell(2, 4)]);
    expect([score, metric]).toEqual([3, 'b']);
    expect(standardError).toBeCloseTo(Math.sqrt(0.08), 12);
    const broken = withoutResult(cell(0, 0));
    expect(scoreOf([cell(1, 2), broken]).score).toBe(Infinity);
    expect(scoreOf([]).score).toBe(Infinity);
  });
});

describe('a check of cells', () => {
  const [cell] = recorded;

  it('accepts what is equal or within the intervals, and names what is not', () => {
    const moved = (by: number): SweptCell => ({
      ...cell,
      ratios: Object.fromEntries(
        Object.entries(cell.ratios ?? {}).map(([id, [ratio, error]]) => [id, [ratio + by * error, error]]),
      ),
    });
    expect(differences([cell], [cell])).toEqual([]);
    expect(differences([cell], [moved(3)])).toEqual([]);
    expect(differences([cell], [moved(5)])).toHaveLength(Object.keys(cell.ratios ?? {}).length);
    const broken = withoutResult(cell);
    expect(differences([cell], [broken])[0]).toContain('came out other');
  });
});

describe('what is recommended', () => {
  const problems = new Map<SituationId, Problem>();
  beforeAll(async () => {
    problems.set('frequencies', await made('simplex-3'));
    problems.set('classes', await made('text:order=1,length=6,given=a'));
    problems.set('covariance', await made('mixture-2d'));
    const plain = await made('mixture-1d');
    problems.set('vectors', { ...plain, process: variancePreserving() });
  });

  it('goes by process and moments, not by the problem', async () => {
    for (const [id, problem] of problems) expect(situationOf(problem)).toBe(id);
    expect(situationOf(await made('mnist:side=7,components=2'))).toBe('covariance');
    const { mean, variance } = (problems.get('covariance') as Problem).moments;
    const moments = { mean, variance };
    expect(situationOf({ process: continuousBfn({ sigma1: 0.001 }), moments })).toBe('vectors');
    expect(situationOf({ process: rectifiedFlow(), moments })).toBe('vectors');
  });

  it.each(situations.map(({ id }) => [id] as const))(
    '%s: is a plan of the calls asked for, from 3 to 50',
    (id) => {
      const problem = problems.get(id) as Problem;
      for (const nfe of everyNfe) {
        const { plan, settings } = readyRun(problem, { solver: 'recommended', nfe, settings: {} });
        expect('nfe' in plan && plan.nfe).toBe(nfe);
        expect(settings.solver).toEqual(expect.stringMatching(/^[a-z]/));
      }
    },
  );

  it.each(['vp-linear', 've', 'edm', 'vp-cosine', 'rectified-flow'].map((id) => [id] as const))(
    'the general rows are plans on %s',
    async (id) => {
      const process = await makeProcess(id);
      const problem = { ...(problems.get('vectors') as Problem), process };
      for (const nfe of [3, 4, 7, 10, 50]) {
        const { plan } = readyRun(problem, { solver: 'recommended', nfe, settings: {} });
        expect('nfe' in plan && plan.nfe).toBe(nfe);
      }
    },
  );

  it('holds from its number of calls to the next row; times of their own at that number only', () => {
    for (const { id } of situations) {
      for (const nfe of everyNfe) {
        const row = recommendedRow(id, nfe);
        if (isOwn(row)) expect(row.nfe).toBe(nfe);
        else expect(row.nfe).toBe(sweptNfe.findLast((swept) => swept <= nfe));
      }
      expect(recommendedRow(id, 1000)).toBe(recommendedRow(id, 50));
      expect(() => recommendedRow(id, 2)).toThrow(
        'nothing is recommended for 2 calls; accepted are 3 and more',
      );
    }
  });

  it('takes no settings of its own on top, but what is made of predictions', () => {
    const problem = problems.get('covariance') as Problem;
    const run = { solver: 'recommended', nfe: 5, settings: {} };
    expect(() => recommendedRun(problem, { ...run, settings: { lastStep: 'stop' } })).toThrow(
      'brings its own settings, and lastStep is given',
    );
    expect(recommendedRun(problem, { ...run, settings: { clip: [-1, 1] } }).settings.clip).toEqual([-1, 1]);
    const other = { ...run, solver: 'ddim', settings: { lastStep: 'stop' } } as const;
    expect(recommendedRun(problem, other)).toBe(other);
  });

  it('makes the cells of the settings that it stands for, marked', async () => {
    const options = { problems: [parseProblem('mixture-1d')], nfe: [5], samples: 60, seed: 3 };
    const { cells, problems: reports } = await compare({ ...options, solvers: ['recommended', 'ddim'] });
    const [cell, other] = cells;
    expect([cell.solver, cell.recommended, other.recommended]).toEqual(['recommended', true, undefined]);
    expect(reports[0].baseline).toBe('recommended');
    const run = recommendedRun(await made('mixture-1d'), { solver: 'recommended', nfe: 5, settings: {} });
    expect(cell.settings.solver).toBe(run.solver);
    const named = await compare({ ...options, solvers: [run.solver], settings: run.settings });
    expect(named.cells[0].metrics).toEqual(cell.metrics);
    const problem = await made('mixture-1d');
    expect(readyRun(problem, recordedRun(cell)).plan).toEqual(readyRun(problem, run).plan);
  });

  it('goes beside a solver that takes a tolerance', async () => {
    const { cells } = await compare({
      ...{ problems: [parseProblem('mixture-1d')], nfe: [200], samples: 10, seed: 1 },
      solvers: ['recommended', 'dormand-prince'],
      settings: { tolerance: { relative: 0.1, absolute: 0.1 } },
    });
    expect(cells.map(({ status }) => status)).toEqual(['ok', 'ok']);
  });

  it('a problem of one’s own on another process gets the general rows', async () => {
    registerProblem({
      id: 'on-vp',
      description: 'mixture-1d on another process',
      parameters: [],
      make: async () => ({ ...(await made('mixture-1d')), id: 'on-vp', process: variancePreserving() }),
    });
    const { cells } = await compare({
      ...{ problems: [parseProblem('on-vp')], nfe: [12], samples: 200, seed: 1 },
      solvers: ['recommended'],
    });
    expect(cells[0].settings.solver).toBe(recommendedRow('vectors', 12).solver);
    // the worst that a sample can be is 1
    expect(cells[0].metrics['log-density-ks'].value).toBeLessThan(0.3);
  });
});

describe('bfn sample --solver recommended', () => {
  const { output, bfn } = inProcess('sample');
  const words = ['--problem', 'mixture-1d', '--solver', 'recommended', '--nfe', '5', '--samples', '3'];

  it('says so', async () => {
    expect(await bfn(...words, '--json')).toBe(0);
    const result = JSON.parse(output.said[0]) as Record<string, unknown>;
    expect([result.solver, result.recommended]).toEqual(['recommended', true]);
    expect(result.settings).toMatchObject({ solver: recommendedRow('covariance', 5).solver });
  });

  it('refuses a grid in one line', async () => {
    expect(await bfn(...words, '--grid', 'karras')).toBe(2);
    expect(output.complained.join('').trim().split('\n')).toHaveLength(1);
    expect(output.complained.join('')).toContain('grid is given');
  });
});
