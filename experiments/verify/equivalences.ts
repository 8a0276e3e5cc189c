import { type Solver, solver, timeGrid } from '../../solvers/index.js';
import {
  type Process,
  continuousBfn,
  discreteBfn,
  karras,
  rectifiedFlow,
  variancePreserving,
} from '../../src/process/index.js';
import type { RandomStream } from '../../src/random/index.js';
import { type Check, type Definition, check } from './check.js';
import {
  anyContinuousBfn,
  anyDiscreteBfn,
  anySteps,
  anyUnrounded,
  anySettings,
  listOf,
  between,
  wholeBetween,
} from './instances.js';
import { apart, distance, off, solvers, stepDifference, stepOf, tolerance } from './plans.js';

// Which solvers are one: a property of their plans, for every process, grid, budget and last step, without a network.

/** The solvers are one on the given processes. Beside `wrong`, a solver whose coefficients are off by a millionth must be seen. */
const oneSampler = (
  claim: Pick<Definition<unknown>, 'name' | 'statement' | 'source'>,
  anyOf: (random: RandomStream) => Process,
  ids: readonly string[],
  wrong: Readonly<Record<string, readonly string[]>>,
  fixed: { readonly eta?: number; readonly draw?: boolean } = {},
): Check =>
  check<readonly Solver[]>({
    ...claim,
    method: 'coefficients',
    tolerance,
    formula: solvers(...ids),
    planted: {
      'predictions off by a millionth': [solver(ids[0]), ...ids.slice(1).map((id) => off(solver(id)))],
      ...Object.fromEntries(Object.entries(wrong).map(([name, list]) => [name, solvers(...list)])),
    },
    residual: (formula, random) => {
      const settings = anySettings(random);
      const { eta, draw = false } = fixed;
      const grid = eta === undefined ? settings.grid : timeGrid.uniform({ eta });
      return apart(formula, anyOf(random), { ...settings, ...(grid ? { grid } : {}), draw });
    },
  });

const lu = 'Lu et al. 2022, arXiv:2211.01095';

const differ = check<readonly [Solver, Solver]>({
  name: 'bfn-solver2-is-not-dpm-solver++2m',
  statement:
    'BFN-Solver2 extrapolates in t, DPM-Solver++(2M) in half log-SNR: on discrete data each step of one differs from that of the other',
  source: 'docs/theory.md, section 4',
  method: 'coefficients',
  tolerance: 2e-6,
  differs: true,
  formula: [solver('bfn-solver2'), solver('dpm-solver++2m')],
  planted: {
    'the solver that does extrapolate in half log-SNR': [solver('bfn-solver++2'), solver('dpm-solver++2m')],
    'a solver and itself, off by a millionth': [solver('bfn-solver2'), off(solver('bfn-solver2'))],
  },
  residual([one, other], random) {
    const process = anyDiscreteBfn(random);
    const times = anySteps(random, process);
    const sigma = process.sigma(times[1]);
    return stepDifference(stepOf(one, process, times), stepOf(other, process, times), { sigma });
  },
});

const lambdaOnly = [
  'bfn',
  'ddim',
  'dpm-solver++2m',
  'dpm-solver++2s',
  'bfn-solver2',
  'sde-bfn-solver2',
  'sde-bfn-solver++2',
  'bfn-solver2-singlestep',
];

const rescaling = check<readonly Solver[]>({
  name: 'rescaling',
  statement:
    'on the same half log-SNRs an exponential integrator asks the network the same questions on every process, up to the scale of the state',
  source: 'docs/theory.md, section 4',
  method: 'coefficients',
  tolerance: 1e-9,
  formula: solvers(...lambdaOnly),
  planted: {
    'Euler, which steps in t': solvers('ode-euler'),
    'Euler-Maruyama, which steps in t': solvers('euler-maruyama'),
  },
  residual(formula, random) {
    let lambda = -2.5;
    const lambdas = listOf(wholeBetween(random, 3, 8), () => (lambda += between(random, 0.1, 0.6)));
    const processes = [
      continuousBfn({ sigma1: 0.02 }),
      discreteBfn({ classes: 2, beta1: 3000 }),
      variancePreserving({}),
      karras({}),
      rectifiedFlow(),
    ];
    const worst = formula.map((one) => {
      const nfe = (lambdas.length - 1) * (one.evaluationsPerStep ?? 1);
      const [first, ...others] = processes.map((process) => {
        const grid = timeGrid.explicit(lambdas.map(process.timeAtLambda));
        return one.plan(process, { nfe, grid, lastStep: 'stop', draw: false });
      });
      return Math.max(...others.map((other) => distance(first, other, true)));
    });
    return Math.max(...worst);
  },
});

export const equivalenceChecks: readonly Check[] = [
  oneSampler(
    {
      name: 'proposition-4.2',
      statement:
        'on continuous data the original BFN sampler is SDE-DPM-Solver++1, exactly and not to first order only',
      source: 'Xue et al. 2024, Proposition 4.2, sharpened',
    },
    anyContinuousBfn,
    ['bfn', 'sde-dpm-solver++1'],
    { 'Euler-Maruyama, of the same order': ['bfn', 'euler-maruyama'] },
  ),
  oneSampler(
    {
      name: 'proposition-5.3',
      statement:
        'on discrete data the original sampler without its draw is SDE-BFN-Solver1 is SDE-DPM-Solver++1 on z, exactly',
      source: 'Xue et al. 2024, Proposition 5.3, sharpened',
    },
    anyDiscreteBfn,
    ['bfn', 'sde-bfn-solver1', 'sde-dpm-solver++1'],
    { 'Euler-Maruyama, of the same order': ['bfn', 'sde-bfn-solver1', 'euler-maruyama'] },
  ),
  oneSampler(
    {
      name: 'original-sampler-with-draw',
      statement:
        'on discrete data the original sampler with its draw is SDE-BFN-Solver1 with a drawn class for e_hat',
      source: 'docs/theory.md, section 4',
    },
    anyDiscreteBfn,
    ['bfn', 'sde-bfn-solver1'],
    { 'the ODE solver with the draw': ['bfn', 'bfn-solver1'] },
    { draw: true },
  ),
  oneSampler(
    {
      name: 'original-sampler-on-every-process',
      statement:
        'Bayesian updates of the natural parameter (alpha/sigma²) x are SDE-DPM-Solver++1 on every linear process',
      source: 'docs/theory.md, section 4',
    },
    anyUnrounded,
    ['bfn', 'sde-dpm-solver++1'],
    { 'Euler-Maruyama, of the same order': ['bfn', 'euler-maruyama'] },
  ),
  oneSampler(
    {
      name: 'original-sampler-from-the-prior',
      statement: 'they are one from the noise end too, where half log-SNR is -infinity',
      source: 'docs/theory.md, section 4',
    },
    (random) => (random.uniform() < 0.5 ? anyContinuousBfn(random) : anyDiscreteBfn(random)),
    ['bfn', 'sde-dpm-solver++1'],
    { 'of second order': ['bfn', 'sde-dpm-solver++2m'] },
    { eta: 0 },
  ),
  oneSampler(
    {
      name: 'bfn-solver++1-is-ddim',
      statement: 'BFN-Solver++1 is DDIM is DPM-Solver++1, on every process',
      source: `Xue et al. 2024, algorithm 1; Song, Meng & Ermon 2021, equation 12; ${lu}, section 4`,
    },
    anyUnrounded,
    ['bfn-solver++1', 'ddim', 'dpm-solver++1'],
    { Euler: ['bfn-solver++1', 'ddim', 'ode-euler'] },
  ),
  oneSampler(
    {
      name: 'bfn-solver++2-is-dpm-solver++2m',
      statement: 'BFN-Solver++2 is DPM-Solver++(2M), on every process',
      source: `Xue et al. 2024, algorithm 2; ${lu}, algorithm 2`,
    },
    anyUnrounded,
    ['bfn-solver++2', 'dpm-solver++2m'],
    { 'of first order': ['bfn-solver++2', 'dpm-solver++1'] },
  ),
  oneSampler(
    {
      name: 'sde-bfn-solver++2-is-sde-dpm-solver++2m',
      statement: 'SDE-BFN-Solver++2 is SDE-DPM-Solver++(2M), midpoint form, on every process',
      source: `Xue et al. 2024, algorithm 3; ${lu}, section 5`,
    },
    anyUnrounded,
    ['sde-bfn-solver++2', 'sde-dpm-solver++2m'],
    { 'of first order': ['sde-bfn-solver++2', 'sde-dpm-solver++1'] },
  ),
  oneSampler(
    {
      name: 'bfn-solver1-is-ddim',
      statement: 'BFN-Solver1 is DDIM on the logits z with alpha = beta, sigma² = K beta',
      source: 'Xue et al. 2024, algorithm 6; docs/theory.md, section 4',
    },
    anyDiscreteBfn,
    ['bfn-solver1', 'ddim'],
    { 'Euler, which differs by (1-s) for (1-t)': ['bfn-solver1', 'ode-euler'] },
  ),
  differ,
  rescaling,
];
