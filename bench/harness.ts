// What the harness itself costs, in one run: npx tsx bench/harness.ts (after npm run build: workers run what was compiled)
// - how long 100,000 cells in a folder take to be resumed
// - the share of folder, statistics and progress in a run of 500 cells
// - two workers beside one on the text problem, in turn, so that both meet the same machine
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
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

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const resume = async (folder: string): Promise<void> => {
  const experiment: Experiments.Experiment = {
    problems: ['simplex-3'],
    solvers: ['bfn', 'ode-euler', 'ddim', 'sde-dpm-solver++1'],
    nfe: Array.from({ length: 31 }, (_, i) => i + 2), // with one call some are one plan
    samples: 20,
    repeats: 800, // of 4 x 31 cells and the floor
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

const overhead = async (folder: string): Promise<void> => {
  const experiment: Experiments.Experiment = {
    problems: ['mixture-2d'],
    solvers: ['bfn', 'ddim', 'dpm-solver++2m', 'sde-dpm-solver++2m'],
    nfe: [4, 6, 8, 10, 15, 20],
    samples: 1000,
    repeats: 20, // of 4 x 6 cells and the floor
  };
  const out = join(folder, 'overhead');
  const run = await secondsOf(() => compare(experiment, { out, onProgress: () => undefined }));
  const timings = (await readFile(join(out, 'timings.jsonl'), 'utf8')).trimEnd().split('\n');
  const worked = timings
    .map((line) => (JSON.parse(line) as Experiments.Timing).seconds)
    .map(({ sampling, metrics }) => sampling + metrics);
  const share = (100 * (run - sum(worked))) / run;
  console.log(
    `mixture-2d, ${timings.length} cells: ${run.toFixed(1)} s, ${share.toFixed(2)}% of it neither samples nor metrics`,
  );
};

const workers = async (): Promise<void> => {
  const text: Experiments.Experiment = { problems: ['text'], nfe: [5, 10, 20, 50], samples: 250 };
  const pools = await Promise.all([1, 2].map((threads) => startWorkers([], threads)));
  const seconds: number[][] = [[], []];
  try {
    for (const pool of pools) await compare({ ...text, nfe: [1], samples: 3 }, { pool }); // threads are started, and the text is counted
    for (let seed = 1; seed <= 4; seed++) {
      for (const [i, pool] of pools.entries()) {
        seconds[i].push(await secondsOf(() => compare({ ...text, seed }, { pool })));
      }
    }
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
  const [one, two] = seconds;
  const ratios = one.map((time, i) => time / two[i]);
  const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  console.log(
    `text, ${ratios.length} rounds of 21 cells: one worker ${sum(one).toFixed(1)} s, two ${sum(two).toFixed(1)} s, ratio ${(sum(one) / sum(two)).toFixed(2)} (${range})`,
  );
};

console.log(
  `${availableParallelism()} cores, busy with ${loadavg()[0].toFixed(1)} processes before this one`,
);
const folder = await mkdtemp(join(tmpdir(), 'bfn-bench-'));
try {
  await resume(folder);
  await overhead(folder);
  await workers();
} finally {
  await rm(folder, { recursive: true, force: true });
}
