import { cpuUsage } from 'node:process';
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

// How long it takes to build a plan of 1000 calls, its grid and checks included: all once, then the slowest again, the median of five.

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

/** Milliseconds of the processor, which do not count what else runs on the machine. */
const timed = (build: () => unknown): number => {
  const begun = cpuUsage();
  build();
  const { user, system } = cpuUsage(begun);
  return (user + system) / 1000;
};

const plans = processes.flatMap((process) => {
  const ends = { tMin: process.id === 'ddpm' ? 2 : 0.001 }; // the networks of DDPM are shown no time below its first step
  return [timeGrid.uniform(ends), timeGrid.halfLogSnr(ends)].flatMap((grid) =>
    solverList().map((solver) => {
      const build = () => solver.plan(process, { nfe, grid, draw: false, lastStep: 'predict' });
      return { what: `${solver.id} on ${process.id}, ${grid.id}`, build, milliseconds: timed(build) };
    }),
  );
});
plans.sort((a, b) => b.milliseconds - a.milliseconds);
const slowest = plans
  .slice(0, 40)
  .map(({ what, build }) => ({ what, milliseconds: median(Array.from({ length: 5 }, () => timed(build))) }))
  .sort((a, b) => b.milliseconds - a.milliseconds);
console.log(`plans of ${nfe} calls, ${plans.length} of them: the slowest`);
for (const { what, milliseconds } of slowest.slice(0, 12)) {
  console.log(`${milliseconds.toFixed(1).padStart(7)} ms  ${what}`);
}
