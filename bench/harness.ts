// What the harness itself costs, in one run: npx tsx bench/harness.ts (after npm run build: workers run what was compiled)
// - two workers beside one on the text problem
// - the share of folder, statistics and progress in a run of 500 cells
// - how long 100,000 cells in a folder take to be resumed
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Experiments from '../experiments/index.js';

const { compare, startWorkers } = (await import(
  new URL('../dist/experiments/index.js', import.meta.url).href
)) as typeof Experiments;

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
};

const workers = async (): Promise<void> => {
  const text: Experiments.Experiment = { problems: ['text'], nfe: [5, 10, 20, 50], samples: 1000 };
  const withThreads = async (threads: number): Promise<number> => {
    const pool = await startWorkers([], threads);
    try {
      await compare({ ...text, nfe: [1], samples: 3 }, { pool }); // threads are started, and the text is counted
      return await secondsOf(() => compare(text, { pool }));
    } finally {
      await pool.close();
    }
  };
  const [one, two] = [await withThreads(1), await withThreads(2)];
  console.log(
    `text, 21 cells: one worker ${one.toFixed(1)} s, two ${two.toFixed(1)} s, ratio ${(one / two).toFixed(2)}`,
  );
};

const overhead = async (folder: string): Promise<void> => {
  const experiment: Experiments.Experiment = {
    problems: ['mixture-2d'],
    solvers: ['bfn', 'ddim', 'dpm-solver++2m', 'sde-dpm-solver++2m', 'unipc-2'],
    nfe: [5, 10, 20],
    samples: 1000,
    repeats: 32,
  };
  const out = join(folder, 'overhead');
  const run = await secondsOf(() => compare(experiment, { out, onProgress: () => undefined }));
  const timings = (await readFile(join(out, 'timings.jsonl'), 'utf8')).trimEnd().split('\n');
  const worked = timings
    .map((line) => (JSON.parse(line) as Experiments.Timing).seconds)
    .reduce((sum, { sampling, metrics }) => sum + sampling + metrics, 0);
  const share = (100 * (run - worked)) / run;
  console.log(
    `mixture-2d, ${timings.length} cells: ${run.toFixed(1)} s, ${share.toFixed(2)}% of it neither samples nor metrics`,
  );
};

const resume = async (folder: string): Promise<void> => {
  const nfe = Array.from({ length: 20 }, (_, i) => i + 1);
  const solvers = ['bfn', 'ode-euler', 'ddim', 'sde-dpm-solver++1', 'euler-maruyama'];
  const experiment: Experiments.Experiment = {
    problems: ['simplex-3'],
    solvers,
    nfe,
    samples: 20,
    repeats: 1020,
  };
  const left = Array.from({ length: 20 }, (_, i) => 0.49 + i / 1000);
  const estimate = { value: 0.5, low: 0.25, high: 0.75, standardError: 0.125, left };
  // what is measured is the folder: the cells are made up
  const pool: Experiments.CellPool = {
    run: () =>
      Promise.resolve({
        status: 'ok',
        estimates: { 'class-divergence': estimate },
        seconds: { sampling: 0, metrics: 0 },
      }),
  };
  const out = join(folder, 'resume');
  let counted = 0;
  const written = await secondsOf(() => compare(experiment, { out, pool }));
  const resumed = await secondsOf(() =>
    compare(experiment, { out, pool, onProgress: ({ found }) => (counted = found) }),
  );
  console.log(`${counted} cells: written in ${written.toFixed(1)} s, resumed in ${resumed.toFixed(2)} s`);
};

const folder = await mkdtemp(join(tmpdir(), 'bfn-bench-'));
try {
  await resume(folder);
  await overhead(folder);
  await workers();
} finally {
  await rm(folder, { recursive: true, force: true });
}
