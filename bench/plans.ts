import { timeGrid } from '../solvers/grid.js';
import { solverList } from '../solvers/registry.js';
import {
  continuousBfn,
  cosine,
  discreteBetas,
  discreteBfn,
  fromExpressions,
  tabulated,
  variancePreserving,
} from '../src/process/index.js';
import type { Process } from '../src/process/process.js';

// How long it takes to build a plan of 1000 calls, its grid and checks included: the median of three runs, warm, of the slowest.

const nfe = 1000;
const linear = variancePreserving();
const times = Array.from({ length: 101 }, (_, i) => i / 100);
const processes: readonly Process[] = [
  continuousBfn({ sigma1: 0.001 }),
  discreteBfn({ classes: 27, beta1: 0.5625 }),
  linear,
  cosine(),
  discreteBetas({
    betas: Array.from({ length: 1000 }, (_, i) => 1e-4 + ((0.02 - 1e-4) * i) / 999),
    networkTimes: 'real',
  }),
  tabulated({ times, alphas: times.map(linear.alpha), sigmas: times.map(linear.sigma) }),
  await fromExpressions({ alpha: 'cos(pi t/2)', sigma: 'sin(pi t/2)' }),
];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const timings = processes.flatMap((process) => {
  const ends = { tMin: process.id === 'ddpm' ? 2 : 0.001 }; // the networks of DDPM are shown no time below its first step
  const grids = [timeGrid.uniform(ends), timeGrid.halfLogSnr(ends), timeGrid.power(ends)];
  return grids.flatMap((grid) =>
    solverList().map((solver) => {
      const runs = Array.from({ length: 3 }, () => {
        const begun = performance.now();
        solver.plan(process, { nfe, grid, draw: false, lastStep: 'predict' });
        return performance.now() - begun;
      });
      return { what: `${solver.id} on ${process.id}, ${grid.id}`, milliseconds: median(runs) };
    }),
  );
});
timings.sort((a, b) => b.milliseconds - a.milliseconds);
console.log(`plans of ${nfe} calls, ${timings.length} of them: the 20 slowest`);
for (const { what, milliseconds } of timings.slice(0, 20)) {
  console.log(`${milliseconds.toFixed(1).padStart(7)} ms  ${what}`);
}
