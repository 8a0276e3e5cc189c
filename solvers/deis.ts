import { type Adams, type Clock, adamsPredictor, clocks } from './exponential-multistep.js';
import { multistep, ode } from './facts.js';
import { defineSolver } from './program.js';
import type { Solver } from './solver.js';

// Zhang & Chen 2023, arXiv:2204.13902: the noise as a polynomial through its last values, the order counted by their number (the
// authors' code counts one less).

const reference = 'Zhang & Chen 2023, DEIS, arXiv:2204.13902';

const deis = (order: number, id: string, clock: Clock, description: string): Solver => {
  const adams: Adams = { prediction: 'noise', clock };
  return defineSolver(
    {
      ...ode,
      ...multistep(order, adams),
      id: `deis-${id}-${order}`,
      description: `DEIS of order ${order}: ${description}`,
      scaleInvariant: clock !== clocks.time,
      reference,
    },
    adamsPredictor(order, adams),
  );
};

const orders = [2, 3, 4];

export const deisSolvers: readonly Solver[] = [
  ...orders.map((order) => deis(order, 'tab', clocks.time, 'the noise is a polynomial in t')),
  ...orders.map((order) =>
    deis(order, 'rhoab', clocks.noiseToSignal, 'the noise is a polynomial in sigma/alpha'),
  ),
  ...orders.map((order) => deis(order, 'logrho', clocks.lambda, 'the noise is a polynomial in half log-SNR')),
];
