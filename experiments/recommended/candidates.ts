import type { Candidate } from './candidate.js';
import type { SituationId } from './situation.js';

/** What the sweep of a situation tries, the simpler first. */
export interface Field {
  /** At every number of calls. */
  readonly everywhere: readonly Candidate[];
  /** Grids of their own times, at one number of calls each. */
  readonly only: Readonly<Record<number, readonly Candidate[]>>;
  /** Screen all of it also at many calls: where the best of few calls say nothing of those. */
  readonly keepsAll?: true;
}

/** All combinations; what is listed first varies last. */
const combinations = (
  solvers: readonly string[],
  gridLines: readonly string[],
  others: Omit<Candidate, 'solver' | 'grid'>,
): readonly Candidate[] =>
  solvers.flatMap((solver) => gridLines.map((grid) => ({ solver, grid, ...others })));

const adams = (rate: number): string => `exponential-adams:order=3,corrector=3,rate=${rate}`;

const frequencies = { start: 'symbol-frequencies', lastStep: 'predict' } as const;
const nothing = { start: 'zero-mean', lastStep: 'predict' } as const;
const priorStep = { start: 'prior-step', lastStep: 'predict' } as const;
const covariance = { start: 'full-covariance', lastStep: 'stop', reference: 'covariance' } as const;

const found = (rate: number, times: readonly number[]): Candidate => ({
  solver: adams(rate),
  grid: `explicit:times=[${times.join(',')}]`,
  ...frequencies,
});

export const fields: Readonly<Record<SituationId, Field>> = {
  frequencies: {
    everywhere: [
      ...combinations(['bfn-solver2', 'unipc-2'], ['uniform:eta=0.01'], frequencies),
      ...combinations(
        [adams(1.4), adams(1.8), adams(2.2)],
        ['uniform:eta=0.03', 'uniform:eta=0.06'],
        frequencies,
      ),
      ...combinations([adams(1)], ['uniform:eta=0.03'], frequencies),
      ...combinations([adams(2.6)], ['uniform:eta=0.06'], frequencies),
      ...combinations([adams(1.8)], ['power:rho=1.2,eta=0.06'], frequencies),
    ],
    // times and rate searched together on text of order 2 beforehand; here they are held against the others
    only: {
      4: [found(1.8918, [0.83843, 0.66253, 0.58429, 0.21845, 0])],
      5: [found(1.95499, [0.85442, 0.68663, 0.60172, 0.27343, 0.13486, 0])],
      6: [found(1.822, [0.92975, 0.859, 0.69965, 0.52617, 0.43292, 0.11711, 0])],
    },
  },
  classes: {
    everywhere: [
      ...combinations(['bfn-solver2', 'sde-bfn-solver2', 'unipc-2'], ['uniform:eta=0.01'], nothing),
      ...combinations([adams(1.4), adams(1.8), adams(2.2)], ['uniform:eta=0.02'], nothing),
      ...combinations([adams(1.4), adams(1.8)], ['uniform:eta=0.06'], priorStep),
    ],
    only: {},
  },
  covariance: {
    everywhere: [
      ...combinations(
        ['exponential-adams-t-p2c3', 'exponential-adams-t-p3c4', 'unipc-2-vary'],
        [
          'karras:rho=2',
          'karras:rho=4',
          'karras:rho=5',
          'karras:rho=5,eta=0.005',
          'karras:rho=5,eta=0.002',
          'karras:rho=7,eta=0.002',
        ],
        covariance,
      ),
      ...combinations(
        ['exponential-adams-t-p2c3', 'exponential-adams-t-p3c4'],
        ['half-log-snr:eta=0.002'],
        covariance,
      ),
    ],
    only: {},
  },
  // half log-SNR is all that these see of a process, so that they can be recommended on every one
  vectors: {
    everywhere: [
      ...combinations(
        ['dpm-solver++2m', 'unipc-2', 'sde-dpm-solver++2m'],
        [0.01, 0.002, 0.001, 0.0005].map((eta) => `half-log-snr:eta=${eta}`),
        nothing,
      ),
      ...combinations(['dpm-solver++2m', 'sde-dpm-solver++2m'], ['karras:rho=7'], nothing),
      ...combinations(
        ['dpm-solver++2m', 'unipc-2'],
        ['half-log-snr:eta=0.003', 'half-log-snr:eta=0.01'],
        priorStep,
      ),
    ],
    only: {},
    // an SDE solver forgets its start, which takes calls: the best of many are not among the best of few
    keepsAll: true,
  },
};
