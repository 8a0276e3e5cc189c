import { defineSolver } from './program.js';

/** Song et al. 2021, eq. 12 with eta = 0: `x_t = alpha_t D + sigma_t eps`, where `eps = (x_s - alpha_s D)/sigma_s`. */
export const ddim = defineSolver(
  {
    id: 'ddim',
    description: 'DDIM without noise',
    kind: 'ode',
    order: 1,
    weakOrder: null,
    evaluationsPerStep: 1,
    consistent: true,
    scaleInvariant: true,
    reference: 'Song, Meng & Ermon 2021, arXiv:2010.02502, eq. 12',
  },
  ({ s, t, x, D }) => [
    [t.alpha, D],
    [t.sigma / s.sigma, x],
    [-(t.sigma / s.sigma) * s.alpha, D],
  ],
);
