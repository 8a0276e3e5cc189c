import type { Terms } from '../src/plan/plan.js';
import { scaled } from './exponential.js';
import type { Node, Step } from './step.js';
import { defineSolver } from './program.js';

// Samplers whose step goes down the probability-flow ODE, further than to t, and back up to t by fresh noise. Adding noise maps the
// marginals onto each other exactly, so their weak order is the order of the ODE step. Noise levels are s = sigma/alpha.

const sde = {
  kind: 'sde',
  order: 1,
  weakOrder: 1,
  evaluationsPerStep: 1,
  consistent: true,
  scaleInvariant: true,
} as const;

/** Ho et al. 2020: the law of x_t given x_s and x_0 = D. */
export const ddpmAncestral = defineSolver(
  {
    ...sde,
    id: 'ddpm-ancestral',
    description: 'DDPM: a draw from the posterior of the forward process, data predicted',
    reference: 'Ho, Jain & Abbeel 2020, arXiv:2006.11239, eqs. 6 and 7',
  },
  ({ s, t, x, D, noise }) => {
    const informed = -Math.expm1(2 * (s.lambda - t.lambda)); // of the variance at s, what the transition from t has added
    return [
      [(s.alpha / t.alpha) * (t.sigma / s.sigma) ** 2, x],
      [t.alpha * informed, D],
      [t.sigma * Math.sqrt(informed), noise()],
    ];
  },
);

/** Song et al. 2021: DDPM's share of noise `etaDdim`; the rest of the noise at s is kept. */
export const ddimStochastic = defineSolver(
  {
    ...sde,
    id: 'ddim-stochastic',
    description: 'DDIM with noise: etaDdim 0 is DDIM, 1 is DDPM',
    reference: 'Song, Meng & Ermon 2021, arXiv:2010.02502, eqs. 12 and 16',
    defaults: { etaDdim: 1 },
  },
  ({ s, t, x, D, etaDdim, noise }) => {
    const added = etaDdim ** 2 * -Math.expm1(2 * (s.lambda - t.lambda)); // share of the variance at t
    const kept = t.sigma * Math.sqrt(1 - etaDdim ** 2 + etaDdim ** 2 * Math.exp(2 * (s.lambda - t.lambda)));
    return [
      [t.alpha, D],
      [kept / s.sigma, x],
      [-(kept / s.sigma) * s.alpha, D],
      ...(added > 0 ? ([[t.sigma * Math.sqrt(added), noise()]] as const) : []),
    ];
  },
);

const levelOf = ({ sigma, alpha }: Node): number => sigma / alpha;

interface Descent {
  /** Level to which the ODE goes. */
  readonly down: number;
  /** Standard deviation of the noise that leads from there to t, in units of alpha_t. */
  readonly up: number;
}

/** How far down DDPM's share of noise makes the ODE go. */
const descentOf = ({ s, t, etaDdim }: Step): Descent => {
  const ratio = levelOf(t) / levelOf(s);
  return {
    down: levelOf(t) * Math.sqrt(1 - etaDdim ** 2 + (etaDdim * ratio) ** 2),
    up: levelOf(t) * etaDdim * Math.sqrt(1 - ratio ** 2),
  };
};

/** `x/alpha` Euler-stepped in the level from s to another, for a constant prediction: `D + (level/level_s)(x/alpha - D)`. */
const eulerInLevel = ({ s, x }: Step, D: Terms, level: number): Terms => {
  const ratio = level / levelOf(s);
  return [[ratio / s.alpha, x], ...scaled(1 - ratio, D)];
};

/** Scaled to the state at t, and back up to its level. */
const backUp = ({ t, noise }: Step, y: Terms, up: number): Terms => [
  ...scaled(t.alpha, y),
  ...(up > 0 ? ([[t.alpha * up, noise()]] as const) : []),
];

/** The node of a level; t itself where it is meant up to rounding. */
const nodeOfLevel = ({ process, t, node }: Step, level: number): Node => {
  const lambda = -Math.log(level);
  return Math.abs(lambda - t.lambda) < 1e-9 ? t : node(process.timeAtLambda(lambda));
};

const reference =
  'Crowson, k-diffusion; the descent of Ho et al. 2020 in the form of Song et al. 2021, eq. 16';

export const eulerAncestral = defineSolver(
  {
    ...sde,
    id: 'euler-ancestral',
    description: 'Euler in sigma/alpha to below t, then noise',
    reference,
    defaults: { etaDdim: 1 },
  },
  (step) => {
    const { down, up } = descentOf(step);
    return backUp(step, eulerInLevel(step, [[1, step.D]], down), up);
  },
);

const second = { ...sde, order: 2, weakOrder: 2, evaluationsPerStep: 2, reference, defaults: { etaDdim: 1 } };

/** Both second-order steps look at the half way in half log-SNR, which at etaDdim = 1 is the level of t. */
const half = (step: Step, down: number): { D: Terms; y: Terms; level: number } => {
  const level = Math.sqrt(levelOf(step.s) * down);
  const there = nodeOfLevel(step, level);
  const y = eulerInLevel(step, [[1, step.D]], levelOf(there));
  return { D: [[1, step.evaluate(scaled(there.alpha, y), there)]], y, level: levelOf(there) };
};

export const dpm2Ancestral = defineSolver(
  {
    ...second,
    id: 'dpm2-ancestral',
    description: 'midpoint rule in sigma/alpha, the middle in its logarithm, to below t, then noise',
  },
  (step) => {
    const { s, x, D, calls } = step;
    const { down, up } = descentOf(step);
    if (calls === 1 || down === 0) return backUp(step, eulerInLevel(step, [[1, D]], down), up);
    const middle = half(step, down);
    const slope = scaled((down - levelOf(s)) / middle.level, [...middle.y, ...scaled(-1, middle.D)]);
    return backUp(step, [[1 / s.alpha, x], ...slope], up);
  },
);

export const dpmSolverPlusPlus2SAncestral = defineSolver(
  {
    ...second,
    id: 'dpm-solver++2s-ancestral',
    description: 'DPM-Solver++ singlestep of order 2 to below t, then noise',
  },
  (step) => {
    const { D, calls } = step;
    const { down, up } = descentOf(step);
    if (calls === 1 || down === 0) return backUp(step, eulerInLevel(step, [[1, D]], down), up);
    return backUp(step, eulerInLevel(step, half(step, down).D, down), up);
  },
);
