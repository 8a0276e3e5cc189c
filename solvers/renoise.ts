import { defineSolver } from './program.js';

// "Re-noise" samplers of BFN follow-ups: throw the state away and noise the prediction anew. They discretise no process that has the
// data law: on Gaussian data of variance v, with s = sigma/alpha where the grid ends, the variance of the prediction tends to
// v²/(2 v + s²), half of it, with fresh noise and to v²/s² with frozen noise.

const facts = {
  kind: 'sde',
  order: null,
  weakOrder: null,
  evaluationsPerStep: 1,
  consistent: false,
  scaleInvariant: true,
} as const;

/** `x_t = alpha_t D + sigma_t z`, z new in each step. */
export const renoiseFresh = defineSolver(
  {
    ...facts,
    id: 'renoise-fresh',
    description: 'the prediction noised anew each step; does not converge to the data law',
    reference: 'Qu et al. 2024 (MolCRAFT), arXiv:2404.12141; Wu et al. 2025 (CrysBFN), arXiv:2502.02016',
  },
  ({ t, D, noise }) => [
    [t.alpha, D],
    [t.sigma, noise()],
  ],
);

/** The same with one z for all steps: `z = (x_s - alpha_s D_before)/sigma_s`. */
export const renoiseFrozen = defineSolver(
  {
    ...facts,
    id: 'renoise-frozen',
    description: 'the prediction noised with one noise for all steps; does not converge to the data law',
    reference: 'Atkinson et al. 2025 (ProtBFN), doi:10.1038/s41467-025-58250-2, algorithm 2',
  },
  ({ s, t, x, D, previous, noise }) => {
    if (!previous) {
      return [
        [t.alpha, D],
        [t.sigma, noise()],
      ];
    }
    const ratio = t.sigma / s.sigma;
    return [
      [t.alpha, D],
      [ratio, x],
      [-ratio * s.alpha, previous.D],
    ];
  },
);
