import type { Model } from '../problem.js';

/** What is known where a setting is recommended: of the process, and of the data before the first call. */
export interface Situation {
  readonly id: SituationId;
  /** One line. */
  readonly description: string;
  /** What the settings are chosen on. */
  readonly problem: string;
  /** What they are chosen by. */
  readonly metrics: readonly string[];
  /** How many candidates go to the finals, and how many samples a cell has there: enough to tell the best apart. */
  readonly finals: { readonly candidates: number; readonly samples: number };
}

export type SituationId = 'frequencies' | 'classes' | 'covariance' | 'vectors';

const ofText = {
  problem: 'text',
  metrics: ['bits-per-character', 'ngram-divergence', 'symbol-entropy'],
} as const;

const ofVectors = {
  problem: 'digits:classes=0-4',
  metrics: ['frechet-distance', 'energy-distance', 'sliced-wasserstein', 'log-density-ks'],
} as const;

export const situations: readonly Situation[] = [
  {
    id: 'frequencies',
    description: 'discrete data, the frequencies of the classes known',
    finals: { candidates: 3, samples: 1000 },
    ...ofText,
  },
  {
    id: 'classes',
    description: 'discrete data, of which nothing is known',
    finals: { candidates: 3, samples: 1000 },
    ...ofText,
  },
  {
    id: 'covariance',
    description: 'vectors on continuous BFN, mean and covariance known',
    finals: { candidates: 5, samples: 3000 },
    ...ofVectors,
  },
  {
    id: 'vectors',
    description: 'vectors of which nothing is known, and all other processes',
    finals: { candidates: 3, samples: 1000 },
    ...ofVectors,
  },
];

/** By the kind of process and the moments that a problem has: never by the problem itself. */
export const situationOf = ({ process, moments }: Pick<Model, 'process' | 'moments'>): SituationId => {
  if (process.classes !== undefined) return moments?.probabilities ? 'frequencies' : 'classes';
  return process.id === 'bfn-continuous' && moments?.spectrum ? 'covariance' : 'vectors';
};
