import { type Solver, solver } from '../../solvers/index.js';
import { gaussLegendre } from '../../src/bfn/rules.js';
import type { Process } from '../../src/process/index.js';
import type { RandomStream } from '../../src/random/index.js';
import { type Check, check } from './check.js';
import { anyDiscreteBfn, anySteps, anyUnrounded } from './instances.js';
import { type Written, constantsOf, off, stepDifference, stepOf } from './plans.js';

// The second-order solvers for discrete data integrate a line through two predictions exactly: compared with quadrature.

/** Integrals of the line through two predictions, `e(v) = e_s + (v - s) (e_s - e_r)/(s - r)`, as coefficients of the two. */
const lineIntegral = (
  from: number,
  to: number,
  before: number,
  weight: (v: number) => number,
): { D: number; previous: number } => {
  const { nodes, weights } = gaussLegendre(8);
  let [D, previous] = [0, 0];
  nodes.forEach((node, i) => {
    const v = from + ((to - from) * (1 + node)) / 2;
    const value = (weights[i] * (to - from) * weight(v)) / 2;
    const share = (v - from) / (from - before);
    D += value * (1 + share);
    previous -= value * share;
  });
  return { D, previous };
};

const exactIntegral = (
  id: string,
  statement: string,
  source: string,
  anyOf: (random: RandomStream) => Process,
  wrong: Readonly<Record<string, string>>,
  integral: Written,
): Check =>
  check<Solver>({
    name: `${id}-is-the-exact-integral`,
    statement,
    source,
    method: 'quadrature',
    tolerance: 1e-10,
    formula: solver(id),
    planted: {
      'predictions off by a millionth': off(solver(id)),
      ...Object.fromEntries(Object.entries(wrong).map(([name, other]) => [name, solver(other)])),
    },
    residual(formula, random) {
      const process = anyOf(random);
      const times = anySteps(random, process);
      const [r, s, t] = times;
      const ours = stepOf(formula, process, times);
      return stepDifference(ours, integral({ r, s, t, process }), { sigma: process.sigma(s) });
    },
  });

export const integralChecks: readonly Check[] = [
  exactIntegral(
    'bfn-solver2',
    'BFN-Solver2 integrates d[z/(1-t)] = -K beta1 (e(t) - 1/K) dt exactly for the line e through two predictions',
    'Xue et al. 2024, algorithm 7',
    anyDiscreteBfn,
    { 'DPM-Solver++(2M), whose line is in half log-SNR': 'dpm-solver++2m' },
    ({ r, s, t, process }) => ({
      x: (1 - t) / (1 - s),
      ...lineIntegral(s, t, r, () => -constantsOf(process).b1 * (1 - t)),
    }),
  ),
  exactIntegral(
    'sde-bfn-solver2',
    'SDE-BFN-Solver2 integrates dz = -L² (e(t) - 1/K) dt + L dw exactly for the line e through two predictions',
    'Xue et al. 2024, algorithm 5',
    anyDiscreteBfn,
    { 'SDE-DPM-Solver++(2M), whose line is in half log-SNR': 'sde-dpm-solver++2m' },
    ({ r, s, t, process }) => {
      const { K, b1 } = constantsOf(process);
      return {
        x: 1,
        ...lineIntegral(s, t, r, (v) => -2 * b1 * (1 - v)),
        noise: Math.sqrt(K * b1 * ((1 - t) ** 2 - (1 - s) ** 2)),
      };
    },
  ),
  check<Solver>({
    name: 'bfn-solver2-on-every-process',
    statement:
      'on every process BFN-Solver2 is Adams-Bashforth 2 for d(x/sigma) = D dw, w = e^lambda, with exact steps in w',
    source: 'docs/theory.md, section 4',
    method: 'quadrature',
    tolerance: 1e-9,
    formula: solver('bfn-solver2'),
    planted: {
      'predictions off by a millionth': off(solver('bfn-solver2')),
      'DPM-Solver++(2M), whose line is in lambda': solver('dpm-solver++2m'),
    },
    residual(formula, random) {
      const process = anyUnrounded(random);
      const times = anySteps(random, process);
      const [wr, ws, wt] = times.map((t) => process.alpha(t) / process.sigma(t));
      const [, s, t] = times;
      const integral = {
        x: process.sigma(t) / process.sigma(s),
        ...lineIntegral(ws, wt, wr, () => process.sigma(t)),
      };
      return stepDifference(stepOf(formula, process, times), integral, { sigma: process.sigma(s) });
    },
  }),
];
