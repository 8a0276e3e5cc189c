import { appendFile, copyFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drawSamples } from '../../../experiments/cell.js';
import {
  type Cell,
  type Comparison,
  checkExperiment,
  compare,
  runExperiment,
} from '../../../experiments/compare.js';
import type { Experiment } from '../../../experiments/experiment.js';
import type { Appendable } from '../../../experiments/journal.js';
import { mergeRuns } from '../../../experiments/merge.js';
import type { Problem } from '../../../experiments/problem.js';
import { makeProblem } from '../../../experiments/problems/index.js';
import { type CellPool, runJobs } from '../../../experiments/run.js';
import type { StoredCell } from '../../../experiments/store-format.js';
import { jobsOfShard, prepare } from '../../../experiments/study.js';
import { registerSolver, solver } from '../../../solvers/registry.js';
import { UsageError } from '../../../src/errors.js';

const experiment: Experiment = {
  problems: ['simplex-3', 'mixture-1d'],
  solvers: ['bfn', { solver: 'dpm-solver++2m', label: 'second order' }],
  nfe: [2, 5],
  samples: 20,
  repeats: 2,
  metrics: ['class-divergence', 'frechet-distance'],
};
/** Truth and two solvers at two NFE, two problems, two repeats. */
const total = 2 * 2 * (1 + 2 * 2);

let home = '';
let out = '';
let count = 0;
let whole = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'bfn-store-'));
  await compare(experiment, { out: join(home, 'whole') });
  whole = await readFile(join(home, 'whole/cells.jsonl'), 'utf8');
});
beforeEach(() => {
  out = join(home, `run-${count++}`);
});
afterAll(() => rm(home, { recursive: true, force: true }));

const read = (name: string, folder = out): Promise<string> => readFile(join(folder, name), 'utf8');
const cellsIn = async (folder = out): Promise<readonly string[]> =>
  (await read('cells.jsonl', folder)).split('\n').slice(0, -1);
const numbersOf = ({ cells, ...rest }: Comparison): unknown => ({
  ...rest,
  cells: cells.map((cell) => ({ ...cell, seconds: undefined })),
});

/** Runs the first cells only. */
const begin = async (cells: number, of = experiment): Promise<void> => {
  const jobs = runJobs(await prepare(checkExperiment(of)), { out });
  for (let done = 0; done < cells; done++) await jobs.next();
  await jobs.return(undefined);
};

const drain = async (jobs: AsyncGenerator<unknown>): Promise<void> => {
  while (!(await jobs.next()).done);
};

/** How many cells are run to have the whole experiment. */
const goOn = async (of = experiment): Promise<number> => {
  let found = 0;
  await compare(of, { out, onProgress: (progress) => (found = progress.found) });
  return total - found;
};

describe('a run folder', () => {
  it('holds a line a cell, in the order of the tables, with a key of its own', async () => {
    const cells = whole
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(cells).toHaveLength(total);
    expect(new Set(cells.map(({ key }) => key)).size).toBe(total);
    expect(cells.slice(0, 4).map(({ problem, label, nfe, seed }) => [problem, label, nfe, seed])).toEqual([
      ['simplex-3', null, null, 1],
      ['simplex-3', null, null, 2],
      ['simplex-3', 'bfn', 2, 1],
      ['simplex-3', 'bfn', 2, 2],
    ]);
    expect((await readdir(join(home, 'whole'))).sort()).toEqual([
      'cells.jsonl',
      'manifest.json',
      'timings.jsonl',
    ]);
    const timings = (await cellsIn(join(home, 'whole'))).length;
    expect((await read('timings.jsonl', join(home, 'whole'))).trimEnd().split('\n')).toHaveLength(timings);
  });

  it('that is complete gives the same comparison without a run', async () => {
    await copyAll();
    const asked = { problems: 0 };
    const pool: CellPool = { run: () => Promise.reject(new Error(`asked ${++asked.problems}`)) };
    expect(numbersOf(await compare(experiment, { out, pool }))).toEqual(numbersOf(await compare(experiment)));
    expect(asked.problems).toBe(0);
    const { sessions } = JSON.parse(await read('manifest.json')) as { sessions: readonly { node: string }[] };
    expect(sessions.map(({ node }) => node)).toEqual([process.version]); // the one that ran
  });

  const copyAll = async (): Promise<void> => {
    await begin(1);
    for (const name of ['cells.jsonl', 'manifest.json', 'timings.jsonl']) {
      await copyFile(join(home, 'whole', name), join(out, name));
    }
  };

  it('that was left half way is gone on with: nothing is lost, nothing run twice, the same bytes', async () => {
    await begin(7);
    expect(await cellsIn()).toHaveLength(7);
    expect(await goOn()).toBe(total - 7);
    expect(await read('cells.jsonl')).toBe(whole);
  });

  it('cut off at any byte is gone on with: a torn line is run again, a whole one not', async () => {
    await copyAll();
    const bytes = Buffer.from(whole);
    const at = fc.integer({ min: 0, max: bytes.length });
    await fc.assert(
      fc.asyncProperty(at, async (length) => {
        await writeFile(join(out, 'cells.jsonl'), bytes.subarray(0, length));
        const left = bytes.subarray(0, length).toString('latin1').split('\n').length - 1;
        expect(await goOn()).toBe(total - left);
        expect(await read('cells.jsonl')).toBe(whole);
      }),
      { numRuns: 8 },
    );
  });

  it('with a malformed line is refused with its number, and nothing is changed', async () => {
    await copyAll();
    const lines = whole.split('\n');
    const cell = JSON.parse(lines[3]) as StoredCell;
    const changed = [
      { ...cell, status: 'fine' },
      { ...cell, calls: 5 },
      { ...cell, estimates: {} }, // of another set of metrics, and so of another key
      { ...cell, estimates: { 'class-divergence': { ...cell.estimates['class-divergence'], left: [1, 2] } } },
      { ...cell, distanceToReference: {} },
    ].map((one) => JSON.stringify(one));
    const broken = [
      '{ "key": "1" }',
      '\0\0\0',
      lines[3].replace('"value":', '"value":null,"v":'),
      ...changed,
    ];
    for (const line of broken) {
      const text = lines.with(3, line).join('\n');
      await writeFile(join(out, 'cells.jsonl'), text);
      await expect(compare(experiment, { out })).rejects.toThrow(/cells\.jsonl:4: the line is malformed/);
      expect(await read('cells.jsonl')).toBe(text);
    }
    await compare(experiment, { out, force: true });
    expect(await read('cells.jsonl')).toBe(whole);
  });

  it('whose timings were lost has unknown seconds, and its cells', async () => {
    await copyAll();
    await rm(join(out, 'timings.jsonl'));
    const { cells } = await compare(experiment, { out });
    expect(cells[0].seconds).toEqual({ sampling: NaN, metrics: NaN });
  });
});

describe('a folder that is not free', () => {
  const other: Experiment = { ...experiment, nfe: [2, 5, 6] };

  it('belongs to another run: refused, unless forced, which keeps what both have', async () => {
    await begin(total);
    const before = await read('cells.jsonl');
    const refused = compare(other, { out });
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(/holds another run \(.*\); give another folder, or --force/);
    expect(await read('cells.jsonl')).toBe(before);
    let found = 0;
    await compare(other, { out, force: true, onProgress: (progress) => (found = progress.found) });
    expect(found).toBe(total);
    expect(await cellsIn()).toHaveLength(total + 8);
  });

  it('is the same run under other names: nothing is run again, and the names are the new ones', async () => {
    await begin(total);
    const renamed: Experiment = {
      ...experiment,
      name: 'new',
      solvers: ['bfn', { solver: 'dpm-solver++2m', label: '2M' }],
    };
    expect(await goOn(renamed)).toBe(0);
    expect(await read('cells.jsonl')).toContain('"label":"2M"');
  });

  it.each([
    ['another format', { format: 2 }, /manifest\.json has format 2; this version of bfn-sde reads format 1/],
    ['another version', { version: '99.0.0' }, /was written by bfn-sde 99\.0\.0; this is \d/],
    ['no experiment', { experiment: null }, /manifest\.json is malformed/],
    ['solvers that are none', { experiment: { solvers: 'bfn' } }, /manifest\.json is malformed/],
  ])('has a manifest of %s', async (_, change, says) => {
    await begin(3);
    const manifest = JSON.parse(await read('manifest.json')) as object;
    await writeFile(join(out, 'manifest.json'), JSON.stringify({ ...manifest, ...change }));
    await expect(compare(experiment, { out })).rejects.toThrow(says);
    await expect(compare(experiment, { out })).rejects.toBeInstanceOf(UsageError);
    expect(await cellsIn()).toHaveLength(3);
    expect(await readdir(out)).toHaveLength(3); // the lock was given back
  });

  it('has cells but no manifest', async () => {
    await begin(3);
    await rm(join(out, 'manifest.json'));
    await expect(compare(experiment, { out })).rejects.toThrow('has cells.jsonl, but no manifest.json');
  });

  it('is in use', async () => {
    const first = runExperiment(experiment, { out });
    await first.next();
    await expect(compare(experiment, { out })).rejects.toThrow('this process writes to the folder');
    await first.return(undefined as never);
    await compare(experiment, { out });
  });
});

describe('a cell that failed', async () => {
  const { runCell } = await import('../../../experiments/cell.js');
  const made = new Map(
    await Promise.all(['simplex-3', 'mixture-1d'].map(async (id) => [id, await makeProblem(id)] as const)),
  );
  /** Fails where it is told to, and counts the cells that it runs. */
  const flaky = (fails: (nfe: number) => boolean) => {
    const asked = { cells: 0 };
    const pool: CellPool = {
      run: (task) => {
        asked.cells++;
        if (task.run && fails(task.run.nfe)) return Promise.reject(new Error('out of memory'));
        return runCell(made.get(task.problem.id) as Problem, task);
      },
    };
    return { pool, asked };
  };
  const failing = (2 * total) / 5; // of truth and two solvers at two NFE, both solvers at NFE 5
  const statuses = async (folder = out): Promise<string> =>
    [...new Set((await cellsIn(folder)).map((line) => (JSON.parse(line) as Cell).status))].sort().join();

  it('is run again by the same command, and no other is; then the bytes are those of a run without a failure', async () => {
    const first = flaky((nfe) => nfe === 5);
    await compare(experiment, { out, pool: first.pool });
    expect([first.asked.cells, await statuses()]).toEqual([total, 'failed,ok']);
    const second = flaky(() => false);
    const { cells } = await compare(experiment, { out, pool: second.pool });
    expect(cells.every(({ status }) => status === 'ok')).toBe(true);
    expect(second.asked.cells).toBe(failing);
    expect(await read('cells.jsonl')).toBe(whole);
    expect(await cellsIn().then((lines) => lines.length)).toBe(total);
    expect((await read('timings.jsonl')).trimEnd().split('\n')).toHaveLength(total);
  });

  it('stays as it is where that is asked for', async () => {
    await compare(experiment, { out, pool: flaky((nfe) => nfe === 5).pool });
    const before = await read('cells.jsonl');
    const { pool, asked } = flaky(() => false);
    await compare(experiment, { out, pool, keepFailed: true });
    expect(asked.cells).toBe(0);
    expect(await read('cells.jsonl')).toBe(before);
  });

  it('and fails again has the later line, also where the session that ran it again was cut short', async () => {
    await compare(experiment, { out, pool: flaky((nfe) => nfe === 5).pool });
    const jobs = runJobs(await prepare(checkExperiment(experiment)), { out, pool: flaky(() => false).pool });
    const again = total - failing + 1; // those found, and the first that is run again
    for (let done = 0; done < again; done++) await jobs.next();
    await jobs.return(undefined);
    const { pool, asked } = flaky(() => true);
    const { cells } = await compare(experiment, { out, pool });
    expect(asked.cells).toBe(failing - 1);
    expect(cells.filter(({ status }) => status === 'failed')).not.toEqual([]);
    expect(await cellsIn()).toHaveLength(total); // a line a cell, whatever was there
    await compare(experiment, { out });
    expect(await read('cells.jsonl')).toBe(whole);
  });

  it('is not what a diverged or incomplete one is: those are results, and are not run again', async () => {
    for (const one of ['diverged', 'incomplete'] as const) {
      const folder = `${out}-${one}`;
      const pool: CellPool = {
        run: async (task) => {
          const outcome = await runCell(made.get(task.problem.id) as Problem, task);
          return task.run?.nfe === 5 ? { ...outcome, status: one, message: one, estimates: {} } : outcome;
        },
      };
      await compare(experiment, { out: folder, pool });
      const { pool: second, asked } = flaky(() => false);
      await compare(experiment, { out: folder, pool: second });
      expect([asked.cells, await statuses(folder)]).toEqual([0, `${one},ok`]);
    }
  });

  it('is taken by a merge from the folder where it has not failed, whichever comes first', async () => {
    await compare(experiment, { out, pool: flaky((nfe) => nfe === 5).pool });
    for (const [i, folders] of [
      [out, join(home, 'whole')],
      [join(home, 'whole'), out],
    ].entries()) {
      const joined = `${out}-joined-${i}`;
      await mergeRuns([out], joined);
      expect(await statuses(joined)).toBe('failed,ok');
      await mergeRuns(folders, joined);
      expect(await read('cells.jsonl', joined)).toBe(whole);
      await mergeRuns([out], joined); // nothing is lost
      expect(await read('cells.jsonl', joined)).toBe(whole);
    }
  });
});

it('a disk that is full ends the run; what was written stays, whole', async () => {
  const room = { bytes: 5000 };
  const append = async (file: Appendable, text: string): Promise<void> => {
    await file.appendFile(text.slice(0, room.bytes));
    room.bytes -= text.length;
    if (room.bytes < 0)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  const study = await prepare(checkExperiment(experiment));
  await expect(drain(runJobs(study, { out, append }))).rejects.toThrow(
    /^cannot write to .*\.jsonl: ENOSPC: no space left/,
  );
  const before = await read('cells.jsonl');
  expect(before.endsWith('}\n')).toBe(true);
  expect(await goOn()).toBe(total - before.trimEnd().split('\n').length);
  expect(await read('cells.jsonl')).toBe(whole);
});

describe('the key of a cell', () => {
  const keysOf = async (change: Partial<Experiment>, modules: readonly string[] = []) =>
    (await prepare(checkExperiment({ ...experiment, ...change }), modules)).jobs.map(({ key }) => key);

  it('is another one where anything that determines the cell is', async () => {
    const variants = await Promise.all([
      keysOf({}),
      keysOf({}, ['ab'.repeat(32)]),
      keysOf({ samples: 21 }),
      keysOf({ seed: 7 }),
      keysOf({ metrics: ['class-divergence', 'energy-distance'], problems: ['mixture-1d'] }),
      keysOf({ problems: ['mixture-1d:sigma1=0.03', 'simplex-3:beta1=2'] }),
    ]);
    const all = variants.flat();
    expect(new Set(all).size).toBe(all.length);
  });

  it('is that of the plan: equal plans under two names run once, and both are told', async () => {
    registerSolver({ ...solver('dpm-solver++2m'), id: 'same-plan' });
    const solvers = ['dpm-solver++2m', 'same-plan', { solver: 'dpm-solver++2m', label: 'again' }];
    const one = await keysOf({ solvers: ['dpm-solver++2m'] });
    expect(await keysOf({ solvers })).toEqual(one);
    const { cells } = await compare({ ...experiment, solvers }, { out });
    expect(await cellsIn()).toHaveLength(one.length);
    expect(cells.slice(0, 6).map(({ label, nfe }) => `${label} ${nfe}`)).toEqual(
      ['dpm-solver++2m', 'same-plan', 'again'].flatMap((label) => [`${label} 2`, `${label} 5`]),
    );
    expect(cells[2].metrics).toEqual(cells[0].metrics);
  });

  it('changes with the code of a solver, for that solver only', async () => {
    const id = 'changing';
    let factor = 1;
    registerSolver({
      ...solver('dpm-solver++2m'),
      id,
      plan: (process, settings) => {
        const plan = solver('dpm-solver++2m').plan(process, settings);
        const instructions = plan.instructions.map((entry) =>
          entry.op === 'combine'
            ? {
                ...entry,
                terms: entry.terms.map(
                  ([c, register]) => [typeof c === 'number' ? factor * c : c, register] as const,
                ),
              }
            : entry,
        );
        return { ...plan, instructions };
      },
    });
    const before = await keysOf({ solvers: ['bfn', id] });
    factor = 1.01;
    const after = await keysOf({ solvers: ['bfn', id] });
    expect(after.filter((key) => before.includes(key))).toHaveLength(2 * 2 * 3); // truth and bfn
  });

  it('covers what adaptive solvers, references and further measurements depend on', async () => {
    const one = { problems: ['mixture-1d'], metrics: ['frechet-distance'], nfe: [20] };
    const adaptive = { ...one, solvers: ['dpm-solver-adaptive-12'] };
    const fixed = { ...one, solvers: ['bfn-solver++2'] };
    const sets = await Promise.all([
      keysOf({ ...adaptive, metrics: ['default'] }),
      keysOf(adaptive),
      keysOf({ ...adaptive, solvers: ['dpm-solver-adaptive-23'] }),
      keysOf({ ...adaptive, settings: { tolerance: { relative: 0.1 } } }),
      keysOf({ ...adaptive, nfe: [21] }),
      keysOf(fixed),
      keysOf({ ...fixed, settings: { reference: 'covariance' } }),
      keysOf({ ...fixed, settings: { threshold: 'quantile=0.9' } }),
      keysOf({ ...fixed, settings: { start: 'prior-step' } }),
      keysOf({ ...fixed, distanceToReference: true }),
      keysOf({ ...fixed, metrics: ['frechet-distance', 'recall'] }),
    ]);
    const repeats = 2;
    // the truth has a key for each set of metrics, and one where distances are measured
    expect(new Set(sets.flat()).size).toBe(repeats * (sets.length + 4));
    const usual = await keysOf({ ...adaptive, metrics: ['default'] });
    const { problems, nfe, solvers } = adaptive;
    const unnamed = checkExperiment({ problems, nfe, solvers, samples: experiment.samples, repeats });
    expect((await prepare(unnamed)).jobs.map(({ key }) => key)).toEqual(usual);
  });

  it('covers the model that a plan asks beside the network', async () => {
    const asking = solver('exponential-adams-4');
    registerSolver({
      ...asking,
      id: 'other-model',
      plan: (process, settings) => {
        const plan = asking.plan(process, settings);
        expect(plan.reference).toBeDefined();
        return { ...plan, reference: { probabilities: [0.5, 0.25, 0.25] } };
      },
    });
    const keysWith = (id: string) =>
      keysOf({ problems: ['simplex-3'], solvers: [id], settings: { reference: 'symbols' } });
    const [one, other] = [await keysWith('exponential-adams-4'), await keysWith('other-model')];
    expect(new Set([...one, ...other]).size).toBe(2 + 2 * 4); // the truth is one
  });

  it('differs with start and clip, which no plan holds', async () => {
    const one = { problems: ['mixture-1d'], solvers: ['dpm-solver++2m'], metrics: ['frechet-distance'] };
    const keys = await Promise.all([
      keysOf(one),
      keysOf({ ...one, settings: { start: 'moment-matched' } }),
      keysOf({ ...one, settings: { clip: [-1, 1] } }),
      keysOf({ ...one, settings: { clip: [-2, 2] } }),
    ]);
    expect(new Set(keys.flat()).size).toBe(2 + 4 * 4); // the truth is one
  });
});

describe('all that there is to a comparison', () => {
  // with references of the problem, repeats that are compared pair by pair, budgets that do not suffice, distances
  const rich: Experiment = {
    problems: ['mixture-2d'],
    solvers: [
      'bfn',
      { solver: 'bfn-solver++2', label: 'plain' },
      { solver: 'bfn-solver++2', label: 'full order', settings: { startUp: 'full-order' } },
      'dpm-solver-adaptive-12',
    ],
    nfe: [4, 12, 60],
    samples: 30,
    repeats: 2,
    metrics: ['default'],
    distanceToReference: true,
    settings: { tolerance: { relative: 0.3 } },
  };

  it('comes out of the folder as it went in, whole or gone on with', async () => {
    const text = (comparison: Comparison): string => JSON.stringify(numbersOf(comparison));
    const once = await compare(rich);
    expect(text(await compare(rich, { out }))).toBe(text(once));
    const bytes = await read('cells.jsonl');
    expect(text(await compare(rich, { out }))).toBe(text(once));
    const half = bytes.split('\n').slice(0, 20).join('\n');
    await writeFile(join(out, 'cells.jsonl'), `${half}\n`);
    expect(text(await compare(rich, { out }))).toBe(text(once));
    expect(await read('cells.jsonl')).toBe(bytes);
  });

  it('tells entries of one solver apart', async () => {
    const { cells, problems, comparisons, findings, slopes } = await compare(rich);
    const labels = ['bfn', 'plain', 'full order', 'dpm-solver-adaptive-12'];
    expect([...new Set(cells.map(({ label }) => label))]).toEqual(labels);
    expect(problems[0].references?.map(({ id }) => id)).toEqual(['gaussian']);
    for (const { solvers } of comparisons) {
      expect(solvers[0]).not.toBe(solvers[1]);
      for (const label of solvers) expect(labels).toContain(label);
    }
    for (const { best } of findings) expect(labels).toContain(best);
    const converging = slopes.filter(
      ({ of, problem }) => of === 'distance-to-reference' && problem === 'mixture-2d',
    );
    expect(converging.map(({ label }) => label)).toEqual(['plain', 'full order']);
    expect(cells.some(({ status }) => status === 'incomplete')).toBe(true);
    expect(
      cells.filter(({ label }) => label === 'plain').every(({ callsOfBaseline }) => callsOfBaseline),
    ).toBe(true);
  });

  it('has the tolerance for those that take one; an entry of its own has to take it', async () => {
    const tolerance = { relative: 0.3 };
    const { problems } = await prepare(checkExperiment(rich));
    const used = problems[0].runs.map(({ settings }) => settings.tolerance !== undefined);
    expect(used).toEqual([0, 1, 2, 3].flatMap((entry) => [entry, entry, entry].map((i) => i === 3)));
    const refused = {
      ...rich,
      solvers: [{ solver: 'bfn', settings: { tolerance } }, 'dpm-solver-adaptive-12'],
    };
    await expect(prepare(checkExperiment(refused))).rejects.toThrow('bfn does not take a tolerance');
    await expect(prepare(checkExperiment({ ...rich, solvers: ['bfn'] }))).rejects.toThrow(
      'bfn does not take a tolerance',
    );
  });
});

describe('shards', () => {
  it('part the cells, and joined are the same bytes, however many there are', async () => {
    const study = await prepare(checkExperiment(experiment));
    for (const parts of [1, 3]) {
      const folders = Array.from({ length: parts }, (_, i) => `${out}-${i + 1}-of-${parts}`);
      const jobs = folders.map((_, i) => jobsOfShard(study, { index: i + 1, count: parts }));
      expect(jobs.flat().length).toBe(total);
      expect(new Set(jobs.flat()).size).toBe(total);
      for (const [i, folder] of folders.entries()) {
        await drain(runJobs(study, { out: folder, shard: { index: i + 1, count: parts } }));
      }
      const joined = await mergeRuns(folders, `${out}-joined-${parts}`);
      expect(await read('cells.jsonl', `${out}-joined-${parts}`)).toBe(whole);
      expect(numbersOf(joined)).toEqual(numbersOf(await compare(experiment)));
    }
  });

  it('that are missing or of another run are refused', async () => {
    const study = await prepare(checkExperiment(experiment));
    await drain(runJobs(study, { out, shard: { index: 1, count: 2 } }));
    await expect(mergeRuns([out], `${out}-joined`)).rejects.toThrow(
      `${total / 2} of ${total} cells are in none of the folders; given are the shards 1/2`,
    );
    await compare({ ...experiment, seed: 9 }, { out: `${out}-other` });
    await expect(mergeRuns([out, `${out}-other`], `${out}-joined`)).rejects.toThrow(
      'holds another experiment than',
    );
    await expect(mergeRuns([], out)).rejects.toThrow('there is no folder to merge');
    const manifest = await read('manifest.json');
    await writeFile(join(out, 'manifest.json'), manifest.replace('"problems"', '"texts"'));
    await expect(mergeRuns([out], `${out}-joined`)).rejects.toThrow(
      /manifest\.json is malformed: problems is missing; unknown key "texts"; accepted are/,
    );
    await writeFile(join(out, 'manifest.json'), manifest);
    const lines = await cellsIn();
    await appendFile(join(out, 'cells.jsonl'), `${lines[0].replace(/"value":[^,]*/, '"value":123')}\n`);
    await expect(mergeRuns([join(home, 'whole'), out], `${out}-joined`)).rejects.toThrow(
      'has other numbers for the cell',
    );
    expect(await readdir(home)).not.toContain(`${out}-joined`);
  });
});

describe('cells as they are done', () => {
  it('come each once, all in the end, as in the comparison', async () => {
    const seen: Cell[] = [];
    const comparison = await compare(experiment, { onCell: (cell) => void seen.push(cell) });
    expect(seen).toHaveLength(comparison.cells.length);
    const withoutCalls = (cell: Cell): unknown => ({ ...cell, callsOfBaseline: undefined });
    for (const cell of comparison.cells) expect(seen.map(withoutCalls)).toContainEqual(withoutCalls(cell));
  });

  it('can be left alone half way: what is done is kept', async () => {
    for await (const { status } of runExperiment(experiment, { out })) {
      expect(status).toBe('ok');
      break;
    }
    const kept = (await cellsIn()).length;
    expect(kept).toBeGreaterThan(0);
    expect(await goOn()).toBe(total - kept);
  });

  it('end with the reason of a signal: what is done is kept', async () => {
    const controller = new AbortController();
    const onCell = (): void => controller.abort(new Error('enough'));
    await expect(compare(experiment, { out, onCell, signal: controller.signal })).rejects.toThrow('enough');
    const kept = (await cellsIn()).length;
    expect(await goOn()).toBe(total - kept);
    expect(await read('cells.jsonl')).toBe(whole);
  });

  it('whose worker breaks down have failed, and the others go on', async () => {
    const problem = await makeProblem('simplex-3');
    const { runCell } = await import('../../../experiments/cell.js');
    const pool: CellPool = {
      threads: 3,
      run: (task) =>
        task.run?.nfe === 5 ? Promise.reject(new Error('out of memory')) : runCell(problem, task),
    };
    const { cells } = await compare({ ...experiment, problems: ['simplex-3'] }, { pool });
    expect(cells.map(({ nfe, status }) => `${nfe} ${status}`)).toEqual([
      '2 ok',
      '5 failed',
      '2 ok',
      '5 failed',
    ]);
    expect(cells[1].message).toBe('the worker failed: out of memory');
  });
});

it('samples and what they took do not depend on the blocks or chunks that they are drawn in', async () => {
  const runs = [
    { id: 'simplex-3', solver: 'bfn', nfe: 3 },
    { id: 'mixture-2d', solver: 'bfn', nfe: 3 },
    // some of these come to the end within 20 calls, and some do not
    {
      id: 'mixture-2d',
      solver: 'dpm-solver-adaptive-12',
      nfe: 20,
      settings: { tolerance: { relative: 0.3 } },
    },
  ];
  for (const { id, settings = {}, ...run } of runs) {
    const problem = await makeProblem(id);
    const task = { problem: { id, parameters: {} }, run: { ...run, settings }, samples: 150, seed: 3 };
    const { samples, calls, incomplete } = await drawSamples(problem, task);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 200 }),
        async (block, chunk) => {
          const drawn = await drawSamples(problem, task, { block, chunk });
          expect(drawn).toMatchObject({ calls, incomplete });
          expect([drawn.samples.shape, drawn.samples.data]).toEqual([samples.shape, samples.data]);
        },
      ),
      { numRuns: 8 },
    );
  }
});

it('samples from states given are those of the states, block by block', async () => {
  const problem = await makeProblem('mixture-2d');
  const run = { solver: 'sde-dpm-solver++2m', nfe: 3, settings: {} };
  const task = { problem: { id: 'mixture-2d', parameters: {} }, run, samples: 70, seed: 3 };
  const states = problem.trueSamples(70, 5);
  const { samples } = await drawSamples(problem, task, { states });
  for (const block of [1, 32, 69]) {
    const { shape, data } = (await drawSamples(problem, task, { states, block })).samples;
    expect({ shape, data }).toEqual({ shape: samples.shape, data: samples.data });
  }
  await expect(drawSamples(problem, { ...task, samples: 71 }, { states })).rejects.toThrow(
    'there are 70 states to start from; 71 are needed',
  );
});
